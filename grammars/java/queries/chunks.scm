[
  (package_declaration) (import_declaration) (class_declaration) (interface_declaration)
  (enum_declaration) (record_declaration) (annotation_type_declaration) (module_declaration)
] @chunk
(class_body (_) @chunk)
(interface_body (_) @chunk)
(enum_body (_) @chunk)
(enum_body_declarations (_) @chunk)
(annotation_type_body (_) @chunk)
