; Classes, with their bases. Decorators belong to what they decorate.
(class_definition
  name: (identifier) @name
  body: (block) @body) @definition.class

(class_definition
  name: (identifier) @name
  body: (block . (expression_statement (string) @doc))) @definition.class

(class_definition
  name: (identifier) @name
  superclasses: (argument_list [(identifier) (attribute) (subscript)] @base)) @definition.class

(decorated_definition
  definition: (class_definition name: (identifier) @name) @definition.class) @outer

; A property is read like a field. Before functions: the first pattern says what a name is.
(decorated_definition
  (decorator [(identifier) @_decorator (attribute attribute: (identifier) @_decorator)])
  definition: (function_definition
    name: (identifier) @name
    body: (block) @body) @definition.field
  (#one-of? @_decorator "property" "cached_property" "abstractproperty" "classproperty")) @outer

(function_definition
  name: (identifier) @name
  body: (block) @body) @definition.function

(function_definition
  name: (identifier) @name
  body: (block . (expression_statement (string) @doc))) @definition.function

(function_definition
  name: (identifier) @name
  return_type: (type) @result) @definition.function

(decorated_definition
  definition: (function_definition name: (identifier) @name) @definition.function) @outer

; Attributes of objects, wherever they are set.
(assignment
  left: (attribute object: (identifier) @_self attribute: (identifier) @name)
  (#one-of? @_self "self" "cls")) @definition.field

(assignment
  left: (attribute object: (identifier) @_self attribute: (identifier) @name)
  type: (type) @result
  (#one-of? @_self "self" "cls")) @definition.field

; Names of modules and classes. `x = y = 1` and `x, y = 1, 2` define both.
(assignment left: (identifier) @name) @definition.variable
(assignment left: (identifier) @name type: (type) @result) @definition.variable
(assignment left: (identifier) @name right: [(dictionary) (list) (set)] @body) @definition.variable
(assignment left: (pattern_list (identifier) @name)) @definition.variable

(type_alias_statement left: (type (identifier) @name)) @definition.type
(type_alias_statement left: (type (generic_type (identifier) @name))) @definition.type
