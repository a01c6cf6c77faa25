(parameter
  (simple_identifier) @binding . [(user_type) (optional_type) (array_type) (dictionary_type)] @type)
(property_declaration
  name: (pattern . bound_identifier: (simple_identifier) @binding)
  . (type_annotation (_) @type))
(protocol_property_declaration
  name: (pattern bound_identifier: (simple_identifier) @binding)
  (type_annotation (_) @type))

; A class is called like a function: its spelling tells.
(property_declaration
  name: (pattern . bound_identifier: (simple_identifier) @binding)
  . value: [
    (call_expression . [(simple_identifier) (navigation_expression)] @maker)
    (try_expression (call_expression . [(simple_identifier) (navigation_expression)] @maker))
    (await_expression (call_expression . [(simple_identifier) (navigation_expression)] @maker))
    (as_expression (as_operator) . (_) @type)
    (simple_identifier) @like
    (navigation_expression) @like
  ])
; `if let x = y as? T`, `guard let x = make()`.
(if_statement
  bound_identifier: (simple_identifier) @binding
  . "=" . condition: [
    (as_expression (as_operator) . (_) @type)
    (call_expression . [(simple_identifier) (navigation_expression)] @maker)
    (simple_identifier) @like
    (navigation_expression) @like
  ])
(guard_statement
  bound_identifier: (simple_identifier) @binding
  . "=" . condition: [
    (as_expression (as_operator) . (_) @type)
    (call_expression . [(simple_identifier) (navigation_expression)] @maker)
    (simple_identifier) @like
    (navigation_expression) @like
  ])
(catch_block
  error: (pattern
    (pattern bound_identifier: (simple_identifier) @binding) name: (user_type) @type))
(assignment
  target: (directly_assignable_expression (navigation_expression target: (self_expression)) @binding)
  result: [
    (call_expression . [(simple_identifier) (navigation_expression)] @maker)
    (simple_identifier) @like
  ])
