; A spec in a group stands for itself; one alone is shown with its keyword. A group of one spec
; fits both: the first that finds a name keeps it.

(package_clause (package_identifier) @name) @definition.module

(type_declaration "("
  [
    (type_spec name: (_) @name type: (struct_type (field_declaration_list) @body))
    (type_spec name: (_) @name type: (interface_type "{" @body))
  ] @definition.class)
(type_declaration . "type" .
  [
    (type_spec name: (_) @name type: (struct_type (field_declaration_list) @body))
    (type_spec name: (_) @name type: (interface_type "{" @body))
  ] .) @definition.class

; What is embedded.
(type_declaration "("
  (type_spec name: (_) @name
    type: (struct_type (field_declaration_list (field_declaration !name type: (_) @base))))
  @definition.class)
(type_declaration . "type" .
  (type_spec name: (_) @name
    type: (struct_type (field_declaration_list (field_declaration !name type: (_) @base)))) .)
  @definition.class
(type_declaration "("
  (type_spec name: (_) @name
    type: (interface_type (type_elem . [(type_identifier) (qualified_type) (generic_type)] @base .)))
  @definition.class)
(type_declaration . "type" .
  (type_spec name: (_) @name
    type: (interface_type (type_elem . [(type_identifier) (qualified_type) (generic_type)] @base .))) .)
  @definition.class

(type_declaration "("
  [
    (type_alias name: (_) @name)
    (type_spec name: (_) @name
      type: [
        (array_type) (channel_type) (function_type) (generic_type) (map_type) (pointer_type)
        (qualified_type) (slice_type) (type_identifier)
      ])
  ] @definition.type)
(type_declaration . "type" .
  [
    (type_alias name: (_) @name)
    (type_spec name: (_) @name
      type: [
        (array_type) (channel_type) (function_type) (generic_type) (map_type) (pointer_type)
        (qualified_type) (slice_type) (type_identifier)
      ])
  ] .) @definition.type

(field_declaration (field_identifier) @name) @definition.field
(field_declaration
  (field_identifier) @name
  type: [(type_identifier) (qualified_type) (pointer_type) (generic_type)] @result)
  @definition.field
(interface_type
  (method_elem name: (_) @name
    result: [
      (parameter_list . (parameter_declaration type: (_) @result))
      (type_identifier) @result
      (qualified_type) @result
      (pointer_type) @result
      (generic_type) @result
    ]?) @definition.method)

; Of several results the first says what a call gives; the second is an error as a rule.
(function_declaration name: (_) @name
  result: [
    (parameter_list . (parameter_declaration type: (_) @result))
    (type_identifier) @result
    (qualified_type) @result
    (pointer_type) @result
    (generic_type) @result
  ]?
  body: (_)? @body) @definition.function

(method_declaration
  receiver: (parameter_list
    (parameter_declaration
      type: [
        (type_identifier) @parent
        (pointer_type (type_identifier) @parent)
        (generic_type type: (_) @parent)
        (pointer_type (generic_type type: (_) @parent))
      ]))
  name: (_) @name
  result: [
    (parameter_list . (parameter_declaration type: (_) @result))
    (type_identifier) @result
    (qualified_type) @result
    (pointer_type) @result
    (generic_type) @result
  ]?
  body: (_)? @body) @definition.method

(const_declaration "("
  [
    (const_spec name: (identifier) @name type: (_) @result)
    (const_spec (identifier) @name !type)
  ] @definition.variable)
(const_declaration . "const" .
  [
    (const_spec name: (identifier) @name type: (_) @result)
    (const_spec (identifier) @name !type)
  ] .) @definition.variable
(var_spec_list
  [
    (var_spec name: (identifier) @name type: (_) @result)
    (var_spec (identifier) @name !type)
  ] @definition.variable)
(var_declaration
  [
    (var_spec name: (identifier) @name type: (_) @result)
    (var_spec (identifier) @name !type)
  ]) @definition.variable
