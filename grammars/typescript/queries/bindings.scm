(required_parameter pattern: [(identifier) (this)] @binding type: (_) @type)
(optional_parameter pattern: (identifier) @binding type: (_) @type)
(variable_declarator name: (identifier) @binding type: (_) @type)
(variable_declarator
  name: (identifier) @binding
  value: [(as_expression (_) (_) @type .) (satisfies_expression (_) (_) @type .)])
(public_field_definition name: (_) @binding value: (new_expression constructor: (_) @type))
(public_field_definition
  name: (_) @binding
  value: (call_expression function: [(identifier) (member_expression)] @maker))
