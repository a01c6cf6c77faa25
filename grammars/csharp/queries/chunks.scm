[
  (using_directive) (namespace_declaration) (file_scoped_namespace_declaration)
  (class_declaration) (struct_declaration) (interface_declaration) (record_declaration)
  (enum_declaration) (delegate_declaration) (global_statement)
  (field_declaration) (event_field_declaration) (property_declaration) (indexer_declaration)
  (event_declaration) (constructor_declaration) (destructor_declaration) (method_declaration)
  (operator_declaration) (conversion_operator_declaration) (enum_member_declaration)
] @chunk
