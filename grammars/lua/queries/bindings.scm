; local pier = Gauge.new("pier"), self.clock = clock.new(0): what stands before `new` is the type.

(assignment_statement
  (variable_list . name: (_) @binding)
  (expression_list
    . value: (function_call
        name: [
          (dot_index_expression table: (_) @type field: (identifier) @_new)
          (method_index_expression table: (_) @type method: (identifier) @_new)
        ]))
  (#one-of? @_new "new" "create" "init"))

; local self = setmetatable({}, Gauge)
(assignment_statement
  (variable_list . name: (_) @binding)
  (expression_list
    . value: (function_call
        name: (identifier) @_setmetatable
        arguments: (arguments (_) . (identifier) @type .)))
  (#one-of? @_setmetatable "setmetatable"))

; self.store = store
(assignment_statement
  (variable_list . name: (dot_index_expression) @binding)
  (expression_list . value: (identifier) @like))
