; Subscripts, operators and `deinit` have no name to be found by and are left out.

; An extension is one more piece of its class: members have that one's name as their parent.
(class_declaration
  name: [(type_identifier) @name (user_type . (type_identifier) @name)]
  body: (_) @body) @definition.class
(class_declaration
  name: [(type_identifier) @name (user_type . (type_identifier) @name)]
  (inheritance_specifier inherits_from: (_) @base)) @definition.class
(protocol_declaration name: (_) @name body: (_) @body) @definition.class
(protocol_declaration name: (_) @name (inheritance_specifier inherits_from: (_) @base))
  @definition.class

(typealias_declaration . (modifiers)? . name: (type_identifier) @name) @definition.type
(associatedtype_declaration name: (_) @name) @definition.type

; The name of a function and its result's type have the same field, so it goes by places here. They
; cost nothing to compile, where each field or kind of a child takes 0.1 s.
(function_declaration
  "func" . (_) @name
  (_) @body .
  (#like? @name "^[\\w`]+$")) @definition.function
(function_declaration
  "func" . (_) @name
  "->" . (_) @result
  (#like? @name "^[\\w`]+$")) @definition.function
(protocol_function_declaration . (modifiers)? . name: (simple_identifier) @name)
  @definition.method
(protocol_function_declaration
  name: (simple_identifier) @name
  "->" . name: (_) @result) @definition.method
(init_declaration name: "init" @name body: (_)? @body) @definition.method

(property_declaration
  name: (pattern . bound_identifier: (simple_identifier) @name)) @definition.variable
(property_declaration
  name: (pattern . bound_identifier: (simple_identifier) @name)
  . (type_annotation (_) @result)) @definition.variable
(property_declaration
  name: (pattern . bound_identifier: (simple_identifier) @name)
  computed_value: (_) @body) @definition.variable
(protocol_property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)
  (type_annotation (_) @result)) @definition.field
(enum_entry name: (simple_identifier) @name) @definition.field
