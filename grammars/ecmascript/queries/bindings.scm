(variable_declarator
  name: (identifier) @binding
  value: [
    (new_expression constructor: (_) @type)
    (call_expression function: [(identifier) (member_expression)] @maker)
    (await_expression (call_expression function: [(identifier) (member_expression)] @maker))
  ]
  (#not-one-of? @maker "require"))
(variable_declarator name: (identifier) @binding value: (member_expression) @like)

(assignment_expression
  left: [(identifier) (member_expression)] @binding
  right: [
    (new_expression constructor: (_) @type)
    (call_expression function: [(identifier) (member_expression)] @maker)
    (await_expression (call_expression function: [(identifier) (member_expression)] @maker))
  ])
; `this.x = x`, `this.x = x ?? new Foo()`
(assignment_expression
  left: (member_expression object: (this)) @binding
  right: [(identifier) (member_expression)] @like)
(assignment_expression
  left: (member_expression object: (this)) @binding
  right: (binary_expression right: (new_expression constructor: (_) @type)))
; `if (x instanceof Foo)`
(binary_expression left: (_) @binding operator: "instanceof" right: (_) @type)
