(block) @scope
(declaration_list) @scope
(match_block) @scope
(field_declaration_list) @scope
(enum_variant_list) @scope
(closure_expression body: (block) @scope)
