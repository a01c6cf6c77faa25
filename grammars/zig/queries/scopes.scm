[
  (function_declaration) (block) (struct_declaration) (enum_declaration) (union_declaration)
  (opaque_declaration) (for_statement) (while_statement) (if_statement) (switch_case)
  (test_declaration)
] @scope
