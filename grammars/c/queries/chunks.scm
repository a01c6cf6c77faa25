; Within functions some of these are found too: a long one is cut there.
[
  (preproc_include) (preproc_def) (preproc_function_def) (preproc_call) (declaration)
  (function_definition) (type_definition) (struct_specifier) (union_specifier) (enum_specifier)
] @chunk
(field_declaration_list (_) @chunk)
