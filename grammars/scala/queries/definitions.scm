(package_clause name: (_) @name) @definition.module
(package_object name: (_) @name body: (_) @body) @definition.module

; Methods that are written for another type.
(extension_definition
  parameters: (parameters (parameter type: (_) @parent))
  body: [
    (function_definition name: (_) @name) @definition.method
    (_ (function_definition name: (_) @name) @definition.method)
  ])

(class_definition name: (_) @name body: (_)? @body) @definition.class
(trait_definition name: (_) @name body: (_)? @body) @definition.class
(object_definition name: (_) @name body: (_)? @body) @definition.class
(enum_definition name: (_) @name body: (_)? @body) @definition.class
(given_definition name: (_) @name body: (with_template_body) @body) @definition.class
(class_definition name: (_) @name
  extend: (extends_clause
    [(type_identifier) (stable_type_identifier) (generic_type) (compound_type)] @base)) @definition.class
(trait_definition name: (_) @name
  extend: (extends_clause
    [(type_identifier) (stable_type_identifier) (generic_type) (compound_type)] @base)) @definition.class
(object_definition name: (_) @name
  extend: (extends_clause
    [(type_identifier) (stable_type_identifier) (generic_type) (compound_type)] @base)) @definition.class
(enum_definition name: (_) @name
  extend: (extends_clause
    [(type_identifier) (stable_type_identifier) (generic_type) (compound_type)] @base)) @definition.class
(given_definition name: (_) @name return_type: (_) @base body: (with_template_body))
  @definition.class
(simple_enum_case name: (_) @name) @definition.field
(full_enum_case name: (_) @name) @definition.field
(type_definition name: (_) @name) @definition.type

; `def this(...)` has no name.
((function_definition name: (_) @name return_type: (_)? @result body: (_) @body)
  @definition.function
  (#not-one-of? @name "this"))
(function_declaration name: (_) @name return_type: (_)? @result) @definition.function

(val_definition pattern: (identifier) @name type: (_)? @result) @definition.variable
(var_definition pattern: (identifier) @name type: (_)? @result) @definition.variable
(val_definition pattern: (tuple_pattern (identifier) @name)) @definition.variable
(val_declaration name: (_) @name type: (_) @result) @definition.variable
(var_declaration name: (_) @name type: (_) @result) @definition.variable
(given_definition name: (_) @name return_type: (_) @result) @definition.variable
; Parameters of a class that are its members: marked so, or of a case class.
(class_parameter ["val" "var"] name: (_) @name type: (_) @result) @definition.field
(class_definition "case"
  class_parameters: (class_parameters
    (class_parameter name: (_) @name type: (_) @result) @definition.field))
(full_enum_case
  class_parameters: (class_parameters
    (class_parameter name: (_) @name type: (_) @result) @definition.field))
