; All that a module holds, or one thing of it: `import struct Module.Thing`.
(import_declaration (identifier . (simple_identifier) @module @wildcard .)) @import
(import_declaration
  (identifier ((simple_identifier) @module ".")+ . (simple_identifier) @name .)) @import
