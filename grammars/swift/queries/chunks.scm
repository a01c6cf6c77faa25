[
  (import_declaration) (class_declaration) (protocol_declaration) (typealias_declaration)
  (function_declaration) (init_declaration) (deinit_declaration) (subscript_declaration)
  (property_declaration) (protocol_function_declaration) (protocol_property_declaration)
  (enum_entry) (operator_declaration)
] @chunk
