(parameter name: (identifier) @reference.none)
(payload (identifier) @reference.none)
(variable_declaration ["const" "var"] . (identifier) @reference.none)

(call_expression function: (identifier) @reference.call)
(call_expression
  function: (field_expression object: (_) @receiver member: (identifier) @reference.call))

; Types are plain names and chains of them: where they stand tells.
(parameter type: [(identifier) @reference.type (_ . (identifier) @reference.type .)])
(container_field type: [(identifier) @reference.type (_ . (identifier) @reference.type .)])
(function_declaration type: [(identifier) @reference.type (_ . (identifier) @reference.type .)])
(variable_declaration type: [(identifier) @reference.type (_ . (identifier) @reference.type .)])
(pointer_type (identifier) @reference.type)
(slice_type (identifier) @reference.type)
(error_union_type ok: (identifier) @reference.type)
(error_union_type error: (identifier) @reference.type)
(struct_initializer . (identifier) @reference.type)
(parameter
  type: (field_expression object: (_) @receiver member: (identifier) @reference.type))
(container_field
  type: (field_expression object: (_) @receiver member: (identifier) @reference.type))
(struct_initializer
  . (field_expression object: (_) @receiver member: (identifier) @reference.type))

(field_expression object: (_) @receiver member: (identifier) @reference.member)
; `.name`: of a type that the place asks for.
(field_expression !object member: (identifier) @reference.member)
(error_type (identifier) @reference.member)

(identifier) @reference.name
