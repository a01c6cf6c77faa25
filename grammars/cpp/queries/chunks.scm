; What C++ adds to C, whose queries are read first.

[
  (class_specifier) (namespace_definition) (template_declaration) (alias_declaration)
  (using_declaration) (concept_definition) (namespace_alias_definition) (static_assert_declaration)
] @chunk
