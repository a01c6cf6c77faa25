((import (qualified_identifier ((identifier) @module ".")+ . (identifier) @name .) .) @import
  (#not-like? @import "\\*\\s*$"))
(import
  (qualified_identifier ((identifier) @module ".")+ . (identifier) @name .) . (identifier) @alias)
  @import
(import (qualified_identifier) @module "*" @wildcard) @import
