(class_declaration
  name: (_) @name
  (class_heritage (extends_clause value: (_) @base))) @definition.class
(class_declaration
  name: (_) @name
  (class_heritage (implements_clause (_) @base))) @definition.class
(abstract_class_declaration name: (_) @name body: (_) @body) @definition.class
(abstract_class_declaration
  name: (_) @name
  (class_heritage
    [(extends_clause value: (_) @base) (implements_clause (_) @base)])) @definition.class
(export_statement
  declaration: (abstract_class_declaration name: (_) @name) @definition.class) @outer

(interface_declaration name: (_) @name body: (_) @body) @definition.class
(interface_declaration
  name: (_) @name
  (extends_type_clause type: (_) @base)) @definition.class
(export_statement declaration: (interface_declaration name: (_) @name) @definition.class) @outer

; An object type is an interface without the word.
(type_alias_declaration name: (_) @name value: (object_type) @body) @definition.class
(type_alias_declaration
  name: (_) @name
  value: (intersection_type [(type_identifier) (generic_type)] @base)) @definition.class
(type_alias_declaration name: (_) @name) @definition.type
(export_statement
  declaration: (type_alias_declaration name: (_) @name) @definition.type) @outer

(enum_declaration name: (_) @name body: (_) @body) @definition.class
(export_statement declaration: (enum_declaration name: (_) @name) @definition.class) @outer
(enum_body (property_identifier) @name @definition.field)
(enum_body (enum_assignment name: (_) @name) @definition.field)

(internal_module name: (_) @name body: (_) @body) @definition.module
(module name: [(identifier) (nested_identifier) (string (string_fragment) @name)] body: (_) @body)
  @definition.module

(function_signature name: (_) @name) @definition.function
(function_signature name: (_) @name return_type: (_) @result) @definition.function
(function_declaration name: (_) @name return_type: (_) @result) @definition.function
(method_definition name: (_) @name return_type: (_) @result) @definition.method
(lexical_declaration
  (variable_declarator
    name: (identifier) @name
    value: (arrow_function return_type: (_) @result))) @definition.function
(lexical_declaration
  (variable_declarator name: (identifier) @name value: (arrow_function body: (_) @body))) @definition.function

(program
  (lexical_declaration
    (variable_declarator name: (identifier) @name type: (_) @result)) @definition.variable)
(program
  (export_statement
    declaration: (lexical_declaration
      (variable_declarator name: (identifier) @name type: (_) @result)) @definition.variable))
; `{ ... } as const`, `{ ... } satisfies Foo`
(program
  [
    (lexical_declaration
      (variable_declarator
        value: [
          (as_expression (object (pair key: (property_identifier) @name) @definition.field))
          (satisfies_expression (object (pair key: (property_identifier) @name) @definition.field))
        ]))
    (export_statement
      declaration: (lexical_declaration
        (variable_declarator
          value: [
            (as_expression (object (pair key: (property_identifier) @name) @definition.field))
            (satisfies_expression
              (object (pair key: (property_identifier) @name) @definition.field))
          ])))
  ])
(internal_module
  body: (statement_block
    [
      (lexical_declaration (variable_declarator name: (identifier) @name)) @definition.variable
      (export_statement
        declaration: (lexical_declaration
          (variable_declarator name: (identifier) @name)) @definition.variable) @outer
    ]))

; Members: a function in a field is a method.
(public_field_definition
  name: (_) @name
  value: [
    (arrow_function body: (_) @body)
    (arrow_function return_type: (_) @result)
    (function_expression body: (_) @body)
  ]) @definition.method
(public_field_definition name: (_) @name) @definition.field
(public_field_definition name: (_) @name type: (_) @result) @definition.field
(abstract_method_signature name: (_) @name) @definition.method
(abstract_method_signature name: (_) @name return_type: (_) @result) @definition.method
(method_signature name: (_) @name) @definition.method
(method_signature name: (_) @name return_type: (_) @result) @definition.method
(property_signature name: (_) @name) @definition.field
(property_signature name: (_) @name type: (_) @result) @definition.field

; `constructor(private readonly manager: Manager)` declares a member.
(required_parameter
  [(accessibility_modifier) "readonly"]
  pattern: (identifier) @name) @definition.field
(required_parameter
  [(accessibility_modifier) "readonly"]
  pattern: (identifier) @name
  type: (_) @result) @definition.field
