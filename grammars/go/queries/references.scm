(parameter_declaration name: (identifier) @reference.none)
(variadic_parameter_declaration name: (identifier) @reference.none)
(type_parameter_declaration name: (identifier) @reference.none)
(short_var_declaration left: (expression_list (identifier) @reference.none))
(range_clause left: (expression_list (identifier) @reference.none))

(call_expression function: (identifier) @reference.call)
(call_expression
  function: (selector_expression operand: (_) @receiver field: (_) @reference.call))

(qualified_type package: (_) @receiver name: (_) @reference.type)
(type_identifier) @reference.type

(selector_expression operand: (_) @receiver field: (_) @reference.member)
; The key of a map's literal may be a variable too; nothing but the literal's type could tell.
(keyed_element key: (literal_element (identifier) @reference.member))

(identifier) @reference.name
