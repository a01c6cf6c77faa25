(parameter . (identifier) @binding . [(user_type) (nullable_type)] @type)
(class_parameter (identifier) @binding . [(user_type) (nullable_type)] @type)
(variable_declaration . (identifier) @binding . [(user_type) (nullable_type)] @type)
(catch_block . (identifier) @binding . (user_type) @type)

; A class is called like a function: its spelling tells.
(property_declaration
  (variable_declaration . (identifier) @binding .)
  . [
    (call_expression . [(identifier) (navigation_expression)] @maker)
    (as_expression right: (_) @type)
    (identifier) @like
  ])
(property_declaration
  (variable_declaration . (identifier) @binding .)
  . (property_delegate
      (call_expression
        (annotated_lambda
          (lambda_literal (call_expression . [(identifier) (navigation_expression)] @maker) .)))))
(assignment
  left: (navigation_expression . (this_expression)) @binding
  right: (call_expression . [(identifier) (navigation_expression)] @maker))
