((variable_declaration
  . (identifier) @alias
  (builtin_function (builtin_identifier) @_import (arguments (string (string_content) @module))))
  @import
  (#one-of? @_import "@import"))
((variable_declaration
  . (identifier) @alias
  (field_expression
    object: (builtin_function
      (builtin_identifier) @_import (arguments (string (string_content) @module)))
    member: (identifier) @name)) @import
  (#one-of? @_import "@import"))
((using_namespace_declaration
  (builtin_function
    (builtin_identifier) @_import (arguments (string (string_content) @module @wildcard))))
  @import
  (#one-of? @_import "@import"))
