; A function's parameters are known in its body alone.
(function_definition) @scope
(compound_statement) @scope
(for_statement) @scope
(field_declaration_list) @scope
(enumerator_list) @scope
