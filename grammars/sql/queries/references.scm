; Tables, wherever one is named; columns; functions.

(relation (object_reference schema: (_)? @receiver name: (_) @reference.type))

(from (object_reference schema: (_)? @receiver name: (_) @reference.type))

(insert (object_reference schema: (_)? @receiver name: (_) @reference.type))

(alter_table (object_reference schema: (_)? @receiver name: (_) @reference.type))

(drop_table (object_reference schema: (_)? @receiver name: (_) @reference.type))

(create_index (object_reference schema: (_)? @receiver name: (_) @reference.type))

(create_trigger
  (keyword_on)
  . (object_reference schema: (_)? @receiver name: (_) @reference.type))

(create_trigger
  (keyword_execute)
  (object_reference schema: (_)? @receiver name: (_) @reference.call))

(column_definition
  (keyword_references)
  . (object_reference schema: (_)? @receiver name: (_) @reference.type))

(constraint
  (keyword_references)
  . (object_reference schema: (_)? @receiver name: (_) @reference.type))

(column_definition custom_type: (object_reference name: (_) @reference.type))

(invocation . (object_reference schema: (_)? @receiver name: (_) @reference.call))

; gauges.id
(field (object_reference) @receiver name: (_) @reference.member)

(field . name: (_) @reference.name)

(column (identifier) @reference.name)
