; What JavaScript and TypeScript share.
(class_declaration name: (_) @name body: (_) @body) @definition.class
(export_statement declaration: (class_declaration name: (_) @name) @definition.class) @outer

(function_declaration name: (_) @name body: (_) @body) @definition.function
(generator_function_declaration name: (_) @name body: (_) @body) @definition.function
(export_statement
  declaration: [
    (function_declaration name: (_) @name)
    (generator_function_declaration name: (_) @name)
  ] @definition.function) @outer

; A getter is read like a field.
(method_definition "get" name: (_) @name body: (_) @body) @definition.field
(method_definition name: (_) @name body: (_) @body) @definition.method

; `const f = () => { }`, wherever it stands
((lexical_declaration
  (variable_declarator
    name: (identifier) @name
    value: [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
      (generator_function body: (_) @body)
    ])) @definition.function)
(export_statement
  declaration: (lexical_declaration
    (variable_declarator
      name: (identifier) @name
      value: [(arrow_function) (function_expression) (generator_function)])) @definition.function) @outer

; `const C = class { }`
((lexical_declaration
  (variable_declarator name: (identifier) @name value: (class body: (_) @body))) @definition.class)

; Variables of the module. One that holds an object has its members.
(program (lexical_declaration (variable_declarator name: (identifier) @name)) @definition.variable)
(program (variable_declaration (variable_declarator name: (identifier) @name)) @definition.variable)
(program
  (export_statement
    declaration: (lexical_declaration
      (variable_declarator name: (identifier) @name)) @definition.variable) @outer)
(program
  (lexical_declaration
    (variable_declarator name: (identifier) @name value: (object) @body)) @definition.variable)
(program
  (export_statement
    declaration: (lexical_declaration
      (variable_declarator
        name: (identifier) @name
        value: (object) @body)) @definition.variable) @outer)

(program
  [
    (lexical_declaration
      (variable_declarator
        value: (object
          (pair
            key: (property_identifier) @name
            value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])
          @definition.function)))
    (export_statement
      declaration: (lexical_declaration
        (variable_declarator
          value: (object
            (pair
              key: (property_identifier) @name
              value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])
            @definition.function))))
  ])
(program
  [
    (lexical_declaration
      (variable_declarator
        value: (object (pair key: (property_identifier) @name) @definition.field)))
    (export_statement
      declaration: (lexical_declaration
        (variable_declarator
          value: (object (pair key: (property_identifier) @name) @definition.field))))
  ])

; Members that are set in a constructor or a method: `this.x = 1`
(assignment_expression
  left: (member_expression object: (this) property: (_) @name)) @definition.field
