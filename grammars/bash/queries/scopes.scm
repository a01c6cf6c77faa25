(function_definition body: (_) @scope)

(subshell) @scope
