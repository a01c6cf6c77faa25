(class_declaration
  name: (_) @name
  (class_heritage [(identifier) (member_expression)] @base)) @definition.class
(field_definition
  property: (_) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method
(field_definition property: (_) @name) @definition.field

; CommonJS: `exports.f = function () { }`, `module.exports.x = 1`
(program
  (expression_statement
    (assignment_expression
      left: (member_expression object: (_) @_exports property: (property_identifier) @name)
      right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]))
    @definition.function
  (#one-of? @_exports "exports" "module.exports"))
(program
  (expression_statement
    (assignment_expression
      left: (member_expression object: (_) @_exports property: (property_identifier) @name)))
    @definition.variable
  (#one-of? @_exports "exports" "module.exports")
  (#not-one-of? @name "exports"))

; `Foo.prototype.m = function () { }`, `Foo.create = () => { }`
(expression_statement
  (assignment_expression
    left: (member_expression
      object: (member_expression object: (identifier) @parent property: (_) @_prototype)
      property: (property_identifier) @name)
    right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])
  (#one-of? @_prototype "prototype")) @definition.method
