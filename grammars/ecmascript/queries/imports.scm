(import_statement
  (import_clause (identifier) @alias)
  source: (string (string_fragment) @module)
  (#set! name "default")) @import
(import_statement
  (import_clause (namespace_import (identifier) @alias) @wildcard)
  source: (string (string_fragment) @module)) @import
; The module stands behind the names, so that each would wait for it.
(import_statement
  (import_clause (named_imports))
  source: (string (string_fragment) @module)
  (#set! names "within")) @import
(import_specifier name: (_) @name alias: (_)? @alias)
(import_statement . "import" . source: (string (string_fragment) @module)) @import

; `export { x as y } from`: what comes from elsewhere and goes on.
(export_statement
  (export_clause)
  source: (string (string_fragment) @module)
  (#set! names "within")) @import
(export_specifier name: (_) @name alias: (_)? @alias)
(export_statement "*" @wildcard source: (string (string_fragment) @module)) @import
(export_statement
  (namespace_export (identifier) @alias) @wildcard
  source: (string (string_fragment) @module)) @import

; `const x = require("m")`, `const { a, b: c } = require("m")`
(lexical_declaration
  (variable_declarator
    name: (identifier) @alias
    value: (call_expression
      function: (identifier) @_function
      arguments: (arguments . (string (string_fragment) @module))))
  (#one-of? @_function "require")) @import
(lexical_declaration
  (variable_declarator
    name: (object_pattern
      [
        (shorthand_property_identifier_pattern) @name
        (pair_pattern key: (_) @name value: (identifier) @alias)
      ])
    value: (call_expression
      function: (identifier) @_function
      arguments: (arguments . (string (string_fragment) @module))))
  (#one-of? @_function "require")) @import
