; Classes, interfaces, traits, enums, functions, methods, properties, constants.
; The HTML around `<?php ... ?>` is text to this parser: nothing is found in it.

(namespace_definition name: (namespace_name) @name body: (_)? @body) @definition.module

(class_declaration name: (name) @name body: (_) @body) @definition.class

(interface_declaration name: (name) @name body: (_) @body) @definition.class

(trait_declaration name: (name) @name body: (_) @body) @definition.class

(enum_declaration name: (name) @name body: (_) @body) @definition.class

; extends, implements, use of traits
(class_declaration
  name: (name) @name
  (base_clause [(name) (qualified_name)] @base)) @definition.class

(class_declaration
  name: (name) @name
  (class_interface_clause [(name) (qualified_name)] @base)) @definition.class

(class_declaration
  name: (name) @name
  body: (declaration_list (use_declaration [(name) (qualified_name)] @base))) @definition.class

(interface_declaration
  name: (name) @name
  (base_clause [(name) (qualified_name)] @base)) @definition.class

(enum_declaration
  name: (name) @name
  (class_interface_clause [(name) (qualified_name)] @base)) @definition.class

(function_definition
  name: (name) @name
  return_type: (_)? @result
  body: (_) @body) @definition.function

(method_declaration
  name: (name) @name
  return_type: (_)? @result
  body: (_)? @body) @definition.method

(property_declaration
  type: (_)? @result
  (property_element name: (variable_name (name) @name))) @definition.field

; __construct(private Clock $clock)
(property_promotion_parameter
  type: (_)? @result
  name: (variable_name (name) @name)) @definition.field

(enum_case name: (name) @name) @definition.field

; One in a class is a field.
(const_declaration type: (_)? @result (const_element . (name) @name)) @definition.variable

; define('HARBOUR_ZONE', 'UTC')
(expression_statement
  (function_call_expression
    function: (name) @_define
    arguments: (arguments . (argument (string (string_content) @name))))
  (#one-of? @_define "define")) @definition.variable

; $gauge = ... at the top of a script
(program
  (expression_statement (assignment_expression left: (variable_name) @name)) @definition.variable)
