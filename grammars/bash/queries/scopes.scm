(function_definition body: (compound_statement) @scope)

(subshell) @scope
