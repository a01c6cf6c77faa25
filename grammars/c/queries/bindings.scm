; A type is written with each variable; only those with a name are kept, not `int` and the like.
(parameter_declaration
  type: [(type_identifier) (struct_specifier) (union_specifier) (enum_specifier)] @type
  declarator: [
    (identifier) @binding
    (pointer_declarator declarator: (identifier) @binding)
    (pointer_declarator declarator: (pointer_declarator declarator: (identifier) @binding))
    (array_declarator declarator: (identifier) @binding)
  ])
(declaration
  type: [(type_identifier) (struct_specifier) (union_specifier) (enum_specifier)] @type
  declarator: [
    (identifier) @binding
    (pointer_declarator declarator: (identifier) @binding)
    (array_declarator declarator: (identifier) @binding)
    (init_declarator
      declarator: [
        (identifier) @binding
        (pointer_declarator declarator: (identifier) @binding)
        (array_declarator declarator: (identifier) @binding)
      ])
  ])
