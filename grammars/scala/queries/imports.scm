; Each part of a path is followed by its dot; the last name is not.
((import_declaration . ((identifier) @module ".")+ . (identifier) @name .) @import
  (#not-like? @import "^[^{]*,"))
(import_declaration ((identifier) @module ".")+ . (namespace_wildcard) @wildcard) @import
(import_declaration
  ((identifier) @module ".")+ . (as_renamed_identifier name: (_) @name alias: (identifier) @alias))
  @import
(import_declaration ((identifier) @module ".")+ . (namespace_selectors (identifier) @name)) @import
(import_declaration
  ((identifier) @module ".")+ . (namespace_selectors (namespace_wildcard) @wildcard)) @import
(import_declaration
  ((identifier) @module ".")+
  . (namespace_selectors
      [
        (arrow_renamed_identifier name: (_) @name alias: (identifier) @alias)
        (as_renamed_identifier name: (_) @name alias: (identifier) @alias)
      ])) @import
; Of several imports in one statement, `import a.B, c.D`, the first and the last.
(import_declaration . ((identifier) @module ".")+ . (identifier) @name . ",") @import
(import_declaration "," . ((identifier) @module ".")+ . (identifier) @name .) @import
