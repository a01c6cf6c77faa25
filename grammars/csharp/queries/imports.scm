; `using A.B;` brings all that is in A.B, `using static A.B;` what is in the class B.
(using_directive !name [(identifier) (qualified_name) (alias_qualified_name)] @module @wildcard)
  @import
(using_directive
  name: (_) @alias [(identifier) (qualified_name) (alias_qualified_name) (generic_name)] @module .)
  @import
