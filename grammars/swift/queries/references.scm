(parameter external_name: (simple_identifier) @reference.none)
(parameter name: (simple_identifier) @reference.none)
(lambda_parameter name: (simple_identifier) @reference.none)
(pattern bound_identifier: (simple_identifier) @reference.none)
(guard_statement bound_identifier: (simple_identifier) @reference.none)
(if_statement bound_identifier: (simple_identifier) @reference.none)
(value_argument_label (simple_identifier) @reference.none)
(enum_type_parameters (simple_identifier) @reference.none)
(class_declaration name: (type_identifier) @reference.none)
(protocol_declaration name: (type_identifier) @reference.none)
(typealias_declaration name: (type_identifier) @reference.none)
(associatedtype_declaration name: (type_identifier) @reference.none)
(type_parameter . (type_identifier) @reference.none)

(call_expression . (simple_identifier) @reference.call)
(call_expression
  . (navigation_expression
      target: (_) @receiver
      suffix: (navigation_suffix suffix: (simple_identifier) @reference.call)))
; `.case(x)`: of a type that the place asks for.
(call_expression . (prefix_expression operation: "." target: (simple_identifier) @reference.call))

(user_type . (type_identifier) @reference.type)
(user_type (type_identifier) @receiver . (type_identifier) @reference.type)

(navigation_expression
  target: (_) @receiver
  suffix: (navigation_suffix suffix: (simple_identifier) @reference.member))
(prefix_expression operation: "." target: (simple_identifier) @reference.member)
(switch_pattern (pattern . (simple_identifier) @reference.member))

(simple_identifier) @reference.name
