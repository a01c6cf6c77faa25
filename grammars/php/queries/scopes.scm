[
  (declaration_list)
  (enum_declaration_list)
  (compound_statement)
  (colon_block)
  (arrow_function)
  (match_block)
  (switch_block)
] @scope
