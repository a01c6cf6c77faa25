; What C++ adds to C, whose queries are read first.
; Conversion operators and deduction guides have no name to be found by and are left out.

(class_specifier
  name: [
    (type_identifier) @name
    (template_type name: (_) @name)
    (qualified_identifier name: (type_identifier) @name)
  ]
  body: (_) @body) @definition.class
(struct_specifier
  name: [(template_type name: (_) @name) (qualified_identifier name: (type_identifier) @name)]
  body: (_) @body) @definition.class
(class_specifier
  name: [(type_identifier) @name (template_type name: (_) @name)]
  (base_class_clause [(type_identifier) (qualified_identifier) (template_type)] @base)
  body: (_)) @definition.class
(struct_specifier
  name: [(type_identifier) @name (template_type name: (_) @name)]
  (base_class_clause [(type_identifier) (qualified_identifier) (template_type)] @base)
  body: (_)) @definition.class

(namespace_definition name: (_) @name body: (_) @body) @definition.module
(alias_declaration name: (_) @name) @definition.type
(concept_definition name: (_) @name) @definition.type

; `template <...>` belongs to what follows it.
(template_declaration
  [
    (class_specifier name: (type_identifier) @name body: (_))
    (struct_specifier name: (type_identifier) @name body: (_))
  ] @definition.class) @outer
(template_declaration
  [(alias_declaration name: (_) @name) (concept_definition name: (_) @name)] @definition.type) @outer
(template_declaration
  [
    (function_definition
      declarator: [
        (function_declarator declarator: [(identifier) (field_identifier) (operator_name)] @name)
        (_ (function_declarator declarator: [(identifier) (field_identifier) (operator_name)] @name))
        (function_declarator declarator: (qualified_identifier name: (_) @name))
        (_ (function_declarator declarator: (qualified_identifier name: (_) @name)))
      ])
    (declaration
      declarator: [
        (function_declarator declarator: (identifier) @name)
        (_ (function_declarator declarator: (identifier) @name))
      ])
  ] @definition.function) @outer

; Within a class: constructors have no result.
(function_definition
  !type
  declarator: (function_declarator
    declarator: [(identifier) (operator_name) (destructor_name)] @name)
  [(field_initializer_list) (compound_statement) (default_method_clause) (delete_method_clause)]
    @body) @definition.method
(field_declaration_list
  (declaration !type declarator: (function_declarator declarator: [(identifier) (destructor_name)] @name))
    @definition.method)
(function_definition
  type: (_) @result
  declarator: [
    (function_declarator declarator: [(field_identifier) (operator_name)] @name)
    (_ (function_declarator declarator: [(field_identifier) (operator_name)] @name))
  ]
  body: (_)? @body) @definition.function
(field_declaration
  type: (_) @result
  declarator: [
    (function_declarator declarator: [(field_identifier) (operator_name)] @name)
    (_ (function_declarator declarator: [(field_identifier) (operator_name)] @name))
  ]) @definition.method
(declaration
  type: (_) @result
  declarator: [
    (function_declarator declarator: (operator_name) @name)
    (reference_declarator
      (function_declarator declarator: [(identifier) (operator_name)] @name))
  ]) @definition.function
(field_declaration type: (_) @result declarator: (reference_declarator (field_identifier) @name))
  @definition.field

; Written outside of the class. A namespace before the name looks the same, and is taken for a class
; unless the file opens it somewhere.
(function_definition
  type: (_)? @result
  declarator: [
    (function_declarator
      declarator: [
        (qualified_identifier
          scope: [(namespace_identifier) @parent (template_type name: (_) @parent)]
          name: [(identifier) (destructor_name) (operator_name)] @name)
        (qualified_identifier
          name: (qualified_identifier
            scope: [(namespace_identifier) @parent (template_type name: (_) @parent)]
            name: [(identifier) (destructor_name) (operator_name)] @name))
      ])
    (_
      (function_declarator
        declarator: [
          (qualified_identifier
            scope: [(namespace_identifier) @parent (template_type name: (_) @parent)]
            name: [(identifier) (destructor_name) (operator_name)] @name)
          (qualified_identifier
            name: (qualified_identifier
              scope: [(namespace_identifier) @parent (template_type name: (_) @parent)]
              name: [(identifier) (destructor_name) (operator_name)] @name))
        ]))
  ]
  body: (_) @body) @definition.method
