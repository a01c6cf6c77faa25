[
  (package_clause) (import_declaration) (const_declaration) (var_declaration) (type_declaration)
  (function_declaration) (method_declaration)
] @chunk
