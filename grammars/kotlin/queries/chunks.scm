[
  (package_header) (import) (class_declaration) (object_declaration) (companion_object)
  (function_declaration) (property_declaration) (type_alias) (anonymous_initializer)
  (secondary_constructor) (enum_entry)
] @chunk
