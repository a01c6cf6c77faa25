; Secondary constructors have no name; a companion without one lends its members to its class.

(package_header (_) @name) @definition.module

; What is written for another type: its name stands before the dot.
(function_declaration
  [(user_type . (identifier) @parent) (nullable_type (user_type . (identifier) @parent))]
  . name: (_) @name) @definition.function
(property_declaration
  [(user_type . (identifier) @parent) (nullable_type (user_type . (identifier) @parent))]
  . (variable_declaration . (identifier) @name)) @definition.field

; What an entry of an enum overrides.
(enum_entry (class_body (function_declaration name: (_) @name) @definition.method))

(class_declaration name: (_) @name) @definition.class
(class_declaration name: (_) @name [(class_body) (enum_class_body)] @body) @definition.class
(class_declaration name: (_) @name
  (delegation_specifiers
    (delegation_specifier
      [
        (user_type) @base
        (constructor_invocation . (user_type) @base)
        (explicit_delegation . (user_type) @base)
      ]))) @definition.class
(object_declaration name: (_) @name) @definition.class
(object_declaration name: (_) @name (class_body) @body) @definition.class
(object_declaration name: (_) @name
  (delegation_specifiers
    (delegation_specifier
      [
        (user_type) @base
        (constructor_invocation . (user_type) @base)
        (explicit_delegation . (user_type) @base)
      ]))) @definition.class
(companion_object name: (_) @name (class_body) @body) @definition.class
(type_alias type: (_) @name) @definition.type

(function_declaration name: (_) @name) @definition.function
(function_declaration name: (_) @name (function_body) @body) @definition.function
(function_declaration
  name: (_) @name (function_value_parameters) . [(user_type) (nullable_type)] @result)
  @definition.function

(property_declaration (variable_declaration . (identifier) @name)) @definition.variable
(property_declaration
  (variable_declaration . (identifier) @name [(user_type) (nullable_type)] @result))
  @definition.variable
(property_declaration (variable_declaration . (identifier) @name) (getter) @body)
  @definition.variable
(class_parameter ["val" "var"] . (identifier) @name . [(user_type) (nullable_type)] @result)
  @definition.field
(enum_entry (identifier) @name) @definition.field
(enum_entry (identifier) @name (class_body) @body) @definition.field
