(parameter_declaration
  declarator: [
    (identifier) @reference.none
    (pointer_declarator declarator: (identifier) @reference.none)
    (pointer_declarator declarator: (pointer_declarator declarator: (identifier) @reference.none))
    (array_declarator declarator: (identifier) @reference.none)
  ])
(declaration
  declarator: [
    (identifier) @reference.none
    (pointer_declarator declarator: (identifier) @reference.none)
    (array_declarator declarator: (identifier) @reference.none)
    (init_declarator
      declarator: [
        (identifier) @reference.none
        (pointer_declarator declarator: (identifier) @reference.none)
        (array_declarator declarator: (identifier) @reference.none)
      ])
  ])
(preproc_params (identifier) @reference.none)

(call_expression function: (identifier) @reference.call)
(call_expression
  function: (field_expression argument: (_) @receiver field: (field_identifier) @reference.call))

(type_identifier) @reference.type

(field_expression argument: (_) @receiver field: (field_identifier) @reference.member)
(field_designator (field_identifier) @reference.member)

(identifier) @reference.name
