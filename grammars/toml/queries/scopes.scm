[(table) (table_array_element) (inline_table) (array)] @scope
