(parameter name: (identifier) @reference.none)
(parameter_list name: (identifier) @reference.none)
(variable_declarator name: (identifier) @reference.none)
(foreach_statement left: (identifier) @reference.none)
(declaration_pattern name: (identifier) @reference.none)
(catch_declaration name: (identifier) @reference.none)
(lambda_expression parameters: (implicit_parameter) @reference.none)
(type_parameter name: (identifier) @reference.none)
(namespace_declaration name: (_) @reference.none)
(file_scoped_namespace_declaration name: (_) @reference.none)
(argument name: (identifier) @reference.none)

(invocation_expression
  function: [(identifier) @reference.call (generic_name . (identifier) @reference.call)])
(invocation_expression
  function: (member_access_expression
    expression: (_) @receiver
    name: [(identifier) @reference.call (generic_name . (identifier) @reference.call)]))
(invocation_expression
  function: (conditional_access_expression
    condition: (_) @receiver
    (member_binding_expression
      name: [(identifier) @reference.call (generic_name . (identifier) @reference.call)]) .))

; Types are plain identifiers: where they stand tells.
(_ type: [(identifier) @reference.type (generic_name . (identifier) @reference.type)])
(method_declaration
  returns: [(identifier) @reference.type (generic_name . (identifier) @reference.type)])
(type_argument_list [(identifier) @reference.type (generic_name . (identifier) @reference.type)])
(base_list [(identifier) @reference.type (generic_name . (identifier) @reference.type)])
(primary_constructor_base_type
  . [(identifier) @reference.type (generic_name . (identifier) @reference.type)])
(as_expression right: (identifier) @reference.type)
(is_expression right: (identifier) @reference.type)
(constant_pattern (identifier) @reference.type (#like? @reference.type "^[A-Z]"))
(attribute name: (identifier) @reference.type)
(_ type: (qualified_name qualifier: (_) @receiver name: (identifier) @reference.type))

(member_access_expression
  expression: (_) @receiver
  name: [(identifier) @reference.member (generic_name . (identifier) @reference.member)])
(conditional_access_expression
  condition: (_) @receiver (member_binding_expression name: (identifier) @reference.member) .)
(initializer_expression (assignment_expression left: (identifier) @reference.member))

(identifier) @reference.name
