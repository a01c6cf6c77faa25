; Indexers, operators and conversions have no name to be found by and are left out.

(namespace_declaration name: (_) @name body: (_) @body) @definition.module
(file_scoped_namespace_declaration name: (_) @name) @definition.module

(class_declaration name: (_) @name body: (_)? @body) @definition.class
(struct_declaration name: (_) @name body: (_)? @body) @definition.class
(interface_declaration name: (_) @name body: (_)? @body) @definition.class
(record_declaration name: (_) @name body: (_)? @body) @definition.class
(enum_declaration name: (_) @name body: (_)? @body) @definition.class

(class_declaration name: (_) @name
  (base_list [(identifier) (generic_name) (qualified_name) (alias_qualified_name)] @base))
  @definition.class
(struct_declaration name: (_) @name
  (base_list [(identifier) (generic_name) (qualified_name) (alias_qualified_name)] @base))
  @definition.class
(interface_declaration name: (_) @name
  (base_list [(identifier) (generic_name) (qualified_name) (alias_qualified_name)] @base))
  @definition.class
(record_declaration name: (_) @name
  (base_list [(identifier) (generic_name) (qualified_name) (alias_qualified_name)] @base))
  @definition.class
(class_declaration name: (_) @name
  (base_list (primary_constructor_base_type . (_) @base))) @definition.class
(record_declaration name: (_) @name
  (base_list (primary_constructor_base_type . (_) @base))) @definition.class

(delegate_declaration name: (_) @name) @definition.type

(method_declaration returns: (_) @result name: (_) @name body: (_)? @body) @definition.method
(local_function_statement type: (_) @result name: (_) @name body: (_) @body) @definition.function
(constructor_declaration name: (_) @name body: (_)? @body) @definition.method

(property_declaration
  type: (_) @result name: (_) @name
  [accessors: (_) value: (_)] @body) @definition.field
(field_declaration
  (variable_declaration type: (_) @result (variable_declarator name: (identifier) @name)))
  @definition.field
(event_field_declaration
  (variable_declaration type: (_) @result (variable_declarator name: (identifier) @name)))
  @definition.field
(enum_member_declaration name: (_) @name) @definition.field
; The parameters of a record are its properties.
(record_declaration
  (parameter_list (parameter type: (_) @result name: (_) @name) @definition.field))
