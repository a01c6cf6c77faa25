(comment) @doc
((unary_operator
  operator: "@"
  operand: (call target: (identifier) @_word (arguments [(string) (sigil)]))) @doc
  (#one-of? @_word "doc" "typedoc"))
((unary_operator operator: "@" operand: (call target: (identifier) @_word)) @above
  (#one-of? @_word "spec" "impl" "deprecated" "tag"))
