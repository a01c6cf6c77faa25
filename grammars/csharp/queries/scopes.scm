[
  (block) (declaration_list) (enum_member_declaration_list) (accessor_list) (switch_section)
  (switch_expression_arm)
] @scope
; With what their heads bind.
[
  (lambda_expression) (for_statement) (foreach_statement) (using_statement) (catch_clause)
  (method_declaration) (constructor_declaration) (local_function_statement)
] @scope
