; Static imports look the same: a class is the module of what it holds.
(import_declaration (scoped_identifier scope: (_) @module name: (_) @name) .) @import
(import_declaration (_) @module . (asterisk) @wildcard) @import
