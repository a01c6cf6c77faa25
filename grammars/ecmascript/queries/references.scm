(identifier) @reference.name
(shorthand_property_identifier) @reference.name

(call_expression function: (identifier) @reference.call)
(call_expression
  function: (member_expression object: (_) @receiver property: (_) @reference.call))
(new_expression constructor: (identifier) @reference.call)
(new_expression
  constructor: (member_expression object: (_) @receiver property: (_) @reference.call))
(member_expression object: (_) @receiver property: (_) @reference.member)
(decorator (identifier) @reference.call)

; Parameters of `x => x` and names that are only declared.
(arrow_function parameter: (identifier) @reference.none)
(variable_declarator name: (identifier) @reference.none)
(catch_clause parameter: (identifier) @reference.none)
