(package_declaration [(identifier) (scoped_identifier)] @name) @definition.module

; Annotations are among the modifiers, so the signature begins with them.
(class_declaration name: (_) @name body: (_) @body) @definition.class
(class_declaration name: (_) @name superclass: (superclass (_) @base)) @definition.class
(class_declaration name: (_) @name interfaces: (super_interfaces (type_list (_) @base)))
  @definition.class
(interface_declaration name: (_) @name body: (_) @body) @definition.class
(interface_declaration name: (_) @name (extends_interfaces (type_list (_) @base)))
  @definition.class
(enum_declaration name: (_) @name body: (_) @body) @definition.class
(enum_declaration name: (_) @name interfaces: (super_interfaces (type_list (_) @base)))
  @definition.class
(record_declaration name: (_) @name body: (_) @body) @definition.class
(record_declaration name: (_) @name interfaces: (super_interfaces (type_list (_) @base)))
  @definition.class
(annotation_type_declaration name: (_) @name body: (_) @body) @definition.class

(method_declaration type: (_) @result name: (_) @name body: (_)? @body) @definition.method
(annotation_type_element_declaration type: (_) @result name: (_) @name) @definition.method
(constructor_declaration name: (_) @name body: (_) @body) @definition.method
(compact_constructor_declaration name: (_) @name body: (_) @body) @definition.method

(field_declaration type: (_) @result declarator: (variable_declarator name: (identifier) @name))
  @definition.field
(constant_declaration type: (_) @result declarator: (variable_declarator name: (identifier) @name))
  @definition.field
(enum_constant name: (_) @name body: (_)? @body) @definition.field
(record_declaration
  parameters: (formal_parameters
    (formal_parameter type: (_) @result name: (_) @name) @definition.field))
