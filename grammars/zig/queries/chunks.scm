[
  (variable_declaration) (function_declaration) (test_declaration) (comptime_declaration)
  (using_namespace_declaration) (container_field)
] @chunk
