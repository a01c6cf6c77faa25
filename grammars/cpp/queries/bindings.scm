; What C++ adds to C, whose queries are read first.

(parameter_declaration
  type: [(qualified_identifier) (template_type)] @type
  declarator: [
    (identifier) @binding
    (pointer_declarator declarator: (identifier) @binding)
    (reference_declarator (identifier) @binding)
  ])
(parameter_declaration
  type: (type_identifier) @type declarator: (reference_declarator (identifier) @binding))
(optional_parameter_declaration
  type: [(type_identifier) (qualified_identifier) (template_type)] @type
  declarator: [(identifier) @binding (_ (identifier) @binding)])
(for_range_loop
  type: [(type_identifier) (qualified_identifier) (template_type)] @type
  declarator: [(identifier) @binding (_ (identifier) @binding)])
(declaration
  type: [(qualified_identifier) (template_type)] @type
  declarator: [
    (identifier) @binding
    (pointer_declarator declarator: (identifier) @binding)
    (init_declarator declarator: [(identifier) @binding (_ (identifier) @binding)])
  ])
(declaration
  type: (type_identifier) @type
  declarator: (init_declarator declarator: (reference_declarator (identifier) @binding)))

; `auto`: what the value shows.
(declaration
  type: (placeholder_type_specifier)
  declarator: (init_declarator
    declarator: [(identifier) @binding (_ (identifier) @binding)]
    value: [
      (new_expression type: (_) @type)
      (call_expression function: [(identifier) (field_expression)] @maker)
      (call_expression function: (qualified_identifier) @maker)
      (compound_literal_expression type: (_) @type)
      (identifier) @like
    ]))
; `make_unique<T>()`, `static_cast<T *>()` and their like give what their first argument says.
(declaration
  type: (placeholder_type_specifier)
  declarator: [
    (init_declarator
      declarator: [(identifier) @binding (_ (identifier) @binding)]
      value: (call_expression
        function: [
          (template_function name: (_) @_made arguments: (template_argument_list . (_) @type))
          (qualified_identifier
            name: (template_function
              name: (_) @_made arguments: (template_argument_list . (_) @type)))
        ]))
  ]
  (#like? @_made "^make_|_cast$"))
(assignment_expression
  left: (field_expression argument: (this)) @binding
  right: [
    (new_expression type: (_) @type)
    (call_expression function: [(identifier) (qualified_identifier)] @maker)
  ])
