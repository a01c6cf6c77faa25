[
  (function_declaration)
  (function_definition)
  (do_statement)
  (for_statement)
  (while_statement)
  (repeat_statement)
  (if_statement)
] @scope
