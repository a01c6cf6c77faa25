; Tables, their keys, and keys above the first table. A dotted name stays whole, as it is written.

(document
  [
    (table . [(bare_key) (dotted_key) (quoted_key)] @name . (_)? @body)
    (table_array_element . [(bare_key) (dotted_key) (quoted_key)] @name . (_)? @body)
  ] @definition.section)

(document (pair . [(bare_key) (dotted_key) (quoted_key)] @name (_) @body) @definition.section)

(document
  (table (pair . [(bare_key) (dotted_key) (quoted_key)] @name (_) @body) @definition.section))

(document
  (table_array_element
    (pair . [(bare_key) (dotted_key) (quoted_key)] @name (_) @body) @definition.section))
