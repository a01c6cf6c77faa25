; What C++ adds to C, whose queries are read first.

(using_declaration "namespace" [(identifier) (qualified_identifier)] @module @wildcard) @import
((using_declaration
  (qualified_identifier
    scope: (_) @module
    name: [
      (identifier) @name
      (qualified_identifier scope: (_) @module name: (identifier) @name)
    ])) @import
  (#set! separator "::")
  (#not-like? @import "^using\\s+namespace\\b"))
(namespace_alias_definition
  name: (_) @alias [(namespace_identifier) (nested_namespace_specifier)] @module .) @import
