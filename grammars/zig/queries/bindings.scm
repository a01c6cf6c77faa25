; Only types with a name are kept, not `u32` and the like.
(parameter
  name: (identifier) @binding
  type: [(identifier) (field_expression) (call_expression) (pointer_type) (nullable_type)] @type)
(variable_declaration ["const" "var"] . (identifier) @binding .
  type: [(identifier) (field_expression) (call_expression) (pointer_type) (nullable_type)] @type)
(variable_declaration ["const" "var"] . (identifier) @binding !type .
  [
    (struct_initializer . [(identifier) (field_expression)] @type)
    (call_expression function: [(identifier) (field_expression)] @maker)
    (try_expression (call_expression function: [(identifier) (field_expression)] @maker))
    (catch_expression . (call_expression function: [(identifier) (field_expression)] @maker))
    (identifier) @like
  ])
