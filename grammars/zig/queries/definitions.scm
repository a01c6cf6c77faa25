; A function that gives a type is what other languages call a generic class.
(function_declaration
  name: (_) @name
  type: (builtin_type)
  body: (block
    (expression_statement
      (return_expression [(struct_declaration "{" @body) (union_declaration "{" @body)]))))
  @definition.class

(variable_declaration "const" . (identifier) @name
  [
    (struct_declaration "{" @body)
    (enum_declaration "{" @body)
    (union_declaration "{" @body)
    (opaque_declaration "{" @body)
    (error_set_declaration "{" @body)
  ]) @definition.class
(variable_declaration "const" . (identifier) @name !type .
  [
    (builtin_type) (pointer_type) (slice_type) (array_type) (nullable_type) (error_union_type)
    (function_signature)
  ]) @definition.type

(container_field name: (_) @name) @definition.field
(container_field
  name: (_) @name
  type: [(identifier) (field_expression) (call_expression) (pointer_type) (nullable_type)] @result)
  @definition.field
(error_set_declaration (identifier) @name @definition.field)

(function_declaration name: (_) @name body: (_)? @body) @definition.function
(function_declaration
  name: (_) @name
  type: [
    (error_union_type ok: (_) @result)
    (identifier) @result
    (field_expression) @result
    (call_expression) @result
    (pointer_type) @result
    (nullable_type) @result
    (builtin_function) @result
  ]) @definition.function
(test_declaration (string (string_content) @name) (block) @body) @definition.function
(test_declaration . (identifier) @name (block) @body) @definition.function

; What is imported is no definition of this file.
(variable_declaration ["const" "var"] . (identifier) @name .
  type: [(identifier) (field_expression) (call_expression) (pointer_type) (nullable_type)] @result)
  @definition.variable
(variable_declaration ["const" "var"] . (identifier) @name . type: (_)) @definition.variable
((variable_declaration ["const" "var"] . (identifier) @name !type . (_) @_value) @definition.variable
  (#not-like? @_value "^@import\\b"))
