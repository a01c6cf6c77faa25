; use A\B;  use A\B as C;  use function A\f;  use A\{B, C as D};  require 'file.php';
; The module is the name as written; what follows its last "\" is what the file calls it.

(namespace_use_declaration
  (namespace_use_clause
    (qualified_name prefix: (namespace_name)? @module (name) @name .)
    alias: (name)? @alias)
  !body) @import

(namespace_use_declaration
  (namespace_use_clause . (name) @module alias: (name)? @alias)
  !body) @import

(namespace_use_declaration
  (namespace_name) @module
  body: (namespace_use_group
    (namespace_use_clause . [(name) @name (qualified_name (name) @name .)] alias: (name)? @alias))) @import

[
  (require_expression (string (string_content) @module))
  (require_once_expression (string (string_content) @module))
  (include_expression (string (string_content) @module))
  (include_once_expression (string (string_content) @module))
] @import

; require __DIR__ . '/bootstrap.php': beside the file
([
   (require_expression
     (binary_expression left: (_) @_folder right: (string (string_content) @module)))
   (require_once_expression
     (binary_expression left: (_) @_folder right: (string (string_content) @module)))
   (include_expression
     (binary_expression left: (_) @_folder right: (string (string_content) @module)))
   (include_once_expression
     (binary_expression left: (_) @_folder right: (string (string_content) @module)))
 ] @import
  (#set! from ".")
  (#one-of? @_folder "__DIR__" "dirname(__FILE__)"))
