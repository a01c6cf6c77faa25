[
  (class_body) (enum_class_body) (protocol_body) (function_declaration) (init_declaration)
  (deinit_declaration) (subscript_declaration) (computed_property) (lambda_literal)
  (if_statement) (for_statement) (while_statement) (do_statement) (catch_block) (switch_entry)
] @scope
