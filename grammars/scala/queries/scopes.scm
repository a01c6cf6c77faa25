[
  (template_body) (with_template_body) (enum_body) (function_definition) (block) (indented_block)
  (case_clause) (lambda_expression) (for_expression) (extension_definition)
] @scope
