; What C++ adds to C, whose queries are read first.

(lambda_expression) @scope
(for_range_loop) @scope
(catch_clause) @scope
(declaration_list) @scope
