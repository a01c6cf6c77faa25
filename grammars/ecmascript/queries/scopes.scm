(statement_block) @scope
(class_body) @scope
(switch_body) @scope
(arrow_function body: (parenthesized_expression) @scope)
