; Tables with their columns, views, functions, types, indexes. A name's schema is its parent.
; Statements within a function's body are found as far as the parser knows them; the procedural
; languages (PL/pgSQL's loops and ifs) it reads in part only.

(create_schema (identifier) @name) @definition.module

(create_table
  (object_reference schema: (_)? @parent name: (_) @name)
  (column_definitions)? @body) @definition.class

; ALTER TABLE gauges ADD COLUMN depth INT
(alter_table
  (object_reference name: (_) @parent)
  (add_column (column_definition name: (_) @name) @definition.field))

(column_definition name: (_) @name type: (_) @result) @definition.field

(create_view
  (object_reference schema: (_)? @parent name: (_) @name)
  (create_query) @body) @definition.class

(create_materialized_view
  (object_reference schema: (_)? @parent name: (_) @name)
  (create_query) @body) @definition.class

; What a view calls its columns.
(create_view
  (create_query (select (select_expression (term alias: (_) @name) @definition.field))))

(create_materialized_view
  (create_query (select (select_expression (term alias: (_) @name) @definition.field))))

(create_function
  (object_reference schema: (_)? @parent name: (_) @name)
  (function_body)? @body) @definition.function

(create_procedure
  (object_reference schema: (_)? @parent name: (_) @name)
  (procedure_body)? @body) @definition.function

(create_trigger (keyword_trigger) . (object_reference name: (_) @name)) @definition.function

(create_type (object_reference schema: (_)? @parent name: (_) @name)) @definition.type

(create_index column: (identifier) @name) @definition.variable

(create_sequence (object_reference schema: (_)? @parent name: (_) @name)) @definition.variable

; WITH recent AS (...)
(cte . (identifier) @name (statement) @body) @definition.class
