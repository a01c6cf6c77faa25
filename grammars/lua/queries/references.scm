(function_call
  name: [
    (identifier) @reference.call
    (dot_index_expression table: (_) @receiver field: (identifier) @reference.call)
    (method_index_expression table: (_) @receiver method: (identifier) @reference.call)
  ])

(dot_index_expression table: (_) @receiver field: (identifier) @reference.member)

(identifier) @reference.name

; Names of parameters, keys, attributes of a local.
(parameters name: (identifier) @reference.none)

(field name: (identifier) @reference.none)

(attribute (identifier) @reference.none)
