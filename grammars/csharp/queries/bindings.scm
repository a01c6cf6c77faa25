(parameter
  type: [(identifier) (generic_name) (nullable_type) (qualified_name) (array_type)] @type
  name: (_) @binding)
(variable_declaration
  type: [(identifier) (generic_name) (nullable_type) (qualified_name) (array_type)] @type
  (variable_declarator name: (identifier) @binding))
(property_declaration
  type: [(identifier) (generic_name) (nullable_type) (qualified_name) (array_type)] @type
  name: (_) @binding)
(foreach_statement
  type: [(identifier) (generic_name) (nullable_type) (qualified_name)] @type
  left: (identifier) @binding)
(declaration_pattern type: (_) @type name: (identifier) @binding)
(declaration_expression type: [(identifier) (generic_name) (qualified_name)] @type name: (_) @binding)
(recursive_pattern type: (_) @type name: (_) @binding)
(catch_declaration type: (_) @type name: (_) @binding)

(variable_declaration
  type: (implicit_type)
  (variable_declarator
    name: (identifier) @binding
    [
      (object_creation_expression type: (_) @type)
      (cast_expression type: (_) @type)
      (as_expression right: (_) @type)
      (invocation_expression function: (_) @maker)
      (await_expression (invocation_expression function: (_) @maker))
      (identifier) @like
    ] .)
  (#set! maker "function"))
(assignment_expression
  left: [(member_access_expression) (identifier)] @binding
  right: (object_creation_expression type: (_) @type))
