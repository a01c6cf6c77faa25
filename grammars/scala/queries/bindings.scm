(parameter name: (identifier) @binding type: (_) @type)
(class_parameter name: (identifier) @binding type: (_) @type)
(binding name: (identifier) @binding type: (_) @type)
(val_definition pattern: (identifier) @binding type: (_) @type)
(var_definition pattern: (identifier) @binding type: (_) @type)
(val_declaration name: (identifier) @binding type: (_) @type)
(typed_pattern pattern: (identifier) @binding type: (_) @type)

; A class is called like a function: its spelling tells.
(val_definition
  pattern: (identifier) @binding
  !type
  value: [
    (instance_expression . (_) @type)
    (call_expression
      function: [
        (identifier) @maker
        (field_expression) @maker
        (generic_function function: (_) @maker)
      ])
    (identifier) @like
  ])
(var_definition
  pattern: (identifier) @binding
  !type
  value: [
    (instance_expression . (_) @type)
    (call_expression
      function: [
        (identifier) @maker
        (field_expression) @maker
        (generic_function function: (_) @maker)
      ])
    (identifier) @like
  ])
(assignment_expression
  left: (field_expression) @binding right: (instance_expression . (_) @type))
