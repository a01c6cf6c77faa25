(type_identifier) @reference.type
(nested_type_identifier module: (_) @receiver name: (_) @reference.type)
(extends_clause value: (identifier) @reference.type)
(extends_clause
  value: (member_expression object: (_) @receiver property: (_) @reference.type))

(required_parameter pattern: (identifier) @reference.none)
(optional_parameter pattern: (identifier) @reference.none)
(required_parameter pattern: (rest_pattern (identifier) @reference.none))
(type_parameter name: (_) @reference.none)
(index_signature name: (identifier) @reference.none)
