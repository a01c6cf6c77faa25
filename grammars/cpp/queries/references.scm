; What C++ adds to C, whose queries are read first.

(parameter_declaration
  declarator: (reference_declarator (identifier) @reference.none))
(optional_parameter_declaration
  declarator: [(identifier) @reference.none (_ (identifier) @reference.none)])
(variadic_parameter_declaration declarator: (_ (identifier) @reference.none))
(variadic_parameter_declaration declarator: (_ (_ (identifier) @reference.none)))
(declaration
  declarator: [
    (reference_declarator (identifier) @reference.none)
    (init_declarator declarator: (reference_declarator (identifier) @reference.none))
  ])
(for_range_loop declarator: [(identifier) @reference.none (_ (identifier) @reference.none)])
(structured_binding_declarator (identifier) @reference.none)
(type_parameter_declaration (type_identifier) @reference.none)
(variadic_type_parameter_declaration (type_identifier) @reference.none)
(optional_type_parameter_declaration name: (type_identifier) @reference.none)

; What is defined outside of its class.
(function_declarator declarator: (qualified_identifier name: (identifier) @reference.none))
(function_declarator
  declarator: (qualified_identifier name: (qualified_identifier name: (identifier) @reference.none)))

; Calls: `f<T>()`, `ns::f()`, `Class::f<T>()`, `x.f<T>()`.
(call_expression function: (template_function name: (identifier) @reference.call))
(call_expression
  function: (qualified_identifier
    scope: (_) @receiver
    name: [(identifier) @reference.call (template_function name: (_) @reference.call)]))
(call_expression
  function: (qualified_identifier
    name: (qualified_identifier
      scope: (_) @receiver
      name: [(identifier) @reference.call (template_function name: (_) @reference.call)])))
(call_expression
  function: (field_expression
    argument: (_) @receiver
    field: (template_method name: (field_identifier) @reference.call)))

(qualified_identifier
  scope: (_) @receiver
  name: [(type_identifier) @reference.type (template_type name: (_) @reference.type)])
(qualified_identifier scope: (_) @receiver name: (identifier) @reference.member)
(qualified_identifier scope: (namespace_identifier) @reference.name)
(field_initializer (field_identifier) @reference.member)
