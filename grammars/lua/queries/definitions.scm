; Functions, tables and what is put into them. Which table is meant as a class only its use tells:
; it is a variable, and the functions that it holds have its name as their parent.

(function_declaration name: (identifier) @name body: (_)? @body) @definition.function

(function_declaration
  name: (dot_index_expression table: (_) @parent field: (identifier) @name)
  body: (_)? @body) @definition.method

(function_declaration
  name: (method_index_expression table: (_) @parent method: (identifier) @name)
  body: (_)? @body) @definition.method

; M.f = function(...) end
(assignment_statement
  (variable_list . name: (dot_index_expression table: (_) @parent field: (identifier) @name))
  (expression_list . value: (function_definition body: (_)? @body))) @definition.method

; local f = function(...) end
(variable_declaration
  (assignment_statement
    (variable_list . name: (identifier) @name)
    (expression_list . value: (function_definition body: (_)? @body)))) @definition.function

; f = function(...) end
(chunk
  (assignment_statement
    (variable_list . name: (identifier) @name)
    (expression_list . value: (function_definition body: (_)? @body))) @definition.function)

; M.limit = 10; self.limit = 10 is the field of what the method belongs to.
(assignment_statement
  (variable_list
    name: (dot_index_expression table: (_) @parent field: (identifier) @name))) @definition.field

; { read = function(...) end }
(field name: (identifier) @name value: (function_definition body: (_)? @body)) @definition.method

; local Gauge = {}, DATUM = 0.0; what is required is an import
((variable_declaration
   (assignment_statement
     (variable_list name: (identifier) @name)
     (expression_list . value: (_) @_value))) @definition.variable
  (#not-like? @_value "^require\\b"))

(chunk (assignment_statement (variable_list name: (identifier) @name)) @definition.variable)

; local Gauge = { limit = 10 }
(chunk
  (variable_declaration
    (assignment_statement
      (expression_list
        value: (table_constructor (field name: (identifier) @name) @definition.field)))))

(chunk
  (assignment_statement
    (expression_list
      value: (table_constructor (field name: (identifier) @name) @definition.field))))

(chunk
  (return_statement
    (expression_list (table_constructor (field name: (identifier) @name) @definition.field))))
