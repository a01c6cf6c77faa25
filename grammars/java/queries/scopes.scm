[
  (block) (constructor_body) (class_body) (interface_body) (enum_body) (annotation_type_body)
  (switch_block_statement_group) (switch_rule)
] @scope
; What a lambda or a loop binds is known in it alone, with its head.
(lambda_expression) @scope
(for_statement) @scope
(enhanced_for_statement) @scope
(try_with_resources_statement) @scope
(catch_clause) @scope
