[(do_block) (stab_clause) (anonymous_function) (rescue_block) (else_block) (after_block)] @scope
((call target: (identifier) @_word (arguments . [(call) (binary_operator)])) @scope
  (#one-of? @_word "def" "defp" "defmacro" "defmacrop"))
