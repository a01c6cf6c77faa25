[(statement) (function_body) (procedure_body) (column_definitions)] @scope
