(formal_parameter type: (_) @type name: (_) @binding)
(field_declaration type: (_) @type declarator: (variable_declarator name: (identifier) @binding))
(local_variable_declaration
  type: [(type_identifier) (scoped_type_identifier) (generic_type)] @type
  declarator: (variable_declarator name: (identifier) @binding)
  (#not-one-of? @type "var"))
(enhanced_for_statement
  type: [(type_identifier) (scoped_type_identifier) (generic_type)] @type name: (_) @binding
  (#not-one-of? @type "var"))
(resource type: (_) @type name: (_) @binding (#not-one-of? @type "var"))
(instanceof_expression right: (_) @type name: (_) @binding)
; Of a catch of several types the first.
(catch_formal_parameter (catch_type . (_) @type) name: (_) @binding)
(record_pattern_component (_) @type . (identifier) @binding)
(type_pattern (_) @type . (identifier) @binding)

(local_variable_declaration
  type: (type_identifier) @_var
  declarator: (variable_declarator
    name: (identifier) @binding
    value: [
      (object_creation_expression type: (_) @type)
      (cast_expression type: (_) @type)
      (method_invocation !object name: (_) @maker)
    ])
  (#one-of? @_var "var"))
(local_variable_declaration
  type: (type_identifier) @_var
  declarator: (variable_declarator
    name: (identifier) @binding
    value: (method_invocation object: (_)) @maker)
  (#one-of? @_var "var"))
(assignment_expression
  left: (field_access object: (this)) @binding
  right: (object_creation_expression type: (_) @type))
