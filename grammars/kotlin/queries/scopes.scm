[
  (class_body) (enum_class_body) (function_declaration) (block) (lambda_literal) (for_statement)
  (when_expression) (when_entry) (catch_block) (secondary_constructor) (getter) (setter)
] @scope
