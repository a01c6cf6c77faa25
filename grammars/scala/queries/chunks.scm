[
  (package_clause) (import_declaration) (class_definition) (trait_definition) (object_definition)
  (enum_definition) (enum_case_definitions) (type_definition) (function_definition)
  (function_declaration) (val_definition) (var_definition) (val_declaration) (var_declaration)
  (given_definition) (extension_definition) (package_object)
] @chunk
