; The receiver is a parameter too. Several names may share one type: a match each.
(parameter_declaration
  name: (identifier) @binding
  type: [(type_identifier) (qualified_type) (pointer_type) (generic_type)] @type)
(var_spec
  name: (identifier) @binding
  type: [(type_identifier) (qualified_type) (pointer_type) (generic_type)] @type)

(short_var_declaration
  left: (expression_list . (identifier) @binding)
  right: (expression_list .
    (call_expression
      function: (identifier) @_new
      arguments: (argument_list . [(type_identifier) (qualified_type) (generic_type)] @type)))
  (#one-of? @_new "new"))
; With several values to the left, a call's first result goes to the first name.
(short_var_declaration
  left: (expression_list . (identifier) @binding)
  right: (expression_list .
    [
      (composite_literal type: (_) @type)
      (unary_expression operator: "&" operand: (composite_literal type: (_) @type))
      (type_assertion_expression type: (_) @type)
      (call_expression function: [(identifier) (selector_expression)] @maker)
      (identifier) @like
    ])
  (#set! maker "function")
  (#not-one-of? @maker "new" "make" "append" "len"))
(var_spec . name: (identifier) @binding !type
  value: (expression_list .
    [
      (composite_literal type: (_) @type)
      (unary_expression operator: "&" operand: (composite_literal type: (_) @type))
      (type_assertion_expression type: (_) @type)
      (call_expression function: [(identifier) (selector_expression)] @maker)
    ])
  (#set! maker "function")
  (#not-one-of? @maker "new" "make" "append" "len"))
(assignment_statement
  left: (expression_list . (selector_expression) @binding)
  right: (expression_list .
    [
      (composite_literal type: (_) @type)
      (unary_expression operator: "&" operand: (composite_literal type: (_) @type))
      (call_expression function: [(identifier) (selector_expression)] @maker)
    ])
  (#set! maker "function")
  (#not-one-of? @maker "new" "make" "append" "len"))
