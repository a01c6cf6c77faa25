; Classes, modules, methods, attributes and constants.
; Left out: what a library's own macros make (has_many, scope, delegate).

(class
  name: [(constant) @name (scope_resolution scope: (_) @parent name: (constant) @name)]
  superclass: (superclass [(constant) (scope_resolution)] @base)?
  body: (_)? @body) @definition.class

(module
  name: [(constant) @name (scope_resolution scope: (_) @parent name: (constant) @name)]
  body: (_)? @body) @definition.module

; A module that is mixed in is a base as well.
(class
  name: [(constant) @name (scope_resolution name: (constant) @name)]
  body: (body_statement
    (call
      !receiver
      method: (identifier) @_include
      arguments: (argument_list [(constant) (scope_resolution)] @base)))
  (#one-of? @_include "include" "prepend" "extend")) @definition.class

; A method of a module is one too; only at the top level `def` makes a function.
(program (method name: (_) @name body: (_)? @body) @definition.function)

(method name: (_) @name body: (_)? @body) @definition.method

(singleton_method name: (_) @name body: (_)? @body) @definition.method

; private def tide = ...
(call
  !receiver
  method: (identifier)
  arguments: (argument_list
    . [(method name: (_) @name) (singleton_method name: (_) @name)] @definition.method)) @outer

; attr_reader :name, :readings
((call
   !receiver
   method: (identifier) @_macro
   arguments: (argument_list [(simple_symbol) @name (string (string_content) @name)])) @definition.field
  (#set! part "[^:].*")
  (#one-of? @_macro
    "attr_reader" "attr_writer" "attr_accessor" "cattr_accessor" "mattr_accessor"
    "class_attribute"))

; define_method(:lit?) { }; let(:gauge) { } of a test
((call
   !receiver
   method: (identifier) @_macro
   arguments: (argument_list . [(simple_symbol) @name (string (string_content) @name)])
   block: (_) @body) @definition.method
  (#set! part "[^:].*")
  (#one-of? @_macro "define_method" "let" "let!" "subject"))

((call
   !receiver
   method: (identifier) @_macro
   arguments: (argument_list . (simple_symbol) @name)) @definition.method
  (#set! part "[^:].*")
  (#one-of? @_macro "alias_method"))

(alias name: (_) @name) @definition.method

; Reading = Struct.new(:height, :at), Missing = Class.new(StandardError)
((assignment
   left: (constant) @name
   right: (call
     receiver: (constant) @_maker
     method: (identifier) @_new
     block: (_ body: (_) @body)?)) @definition.class
  (#one-of? @_maker "Struct" "Class" "Data" "Module")
  (#one-of? @_new "new" "define"))

((assignment
   left: (constant) @name
   right: (call
     receiver: (constant) @_maker
     method: (identifier) @_new
     arguments: (argument_list . (constant) @base))) @definition.class
  (#one-of? @_maker "Class")
  (#one-of? @_new "new"))

(assignment
  right: (call
    receiver: (constant) @_maker
    method: (identifier) @_new
    arguments: (argument_list (simple_symbol) @definition.field @name))
  (#set! part "[^:].*")
  (#one-of? @_maker "Struct" "Data")
  (#one-of? @_new "new" "define"))

; Constants.
(assignment left: (constant) @name) @definition.variable

(assignment left: (left_assignment_list (constant) @name)) @definition.variable

; What `initialize` sets, or a method when it is first asked, is the object's.
(method
  name: (identifier) @_initialize
  body: (body_statement (assignment left: (instance_variable) @name) @definition.field)
  (#one-of? @_initialize "initialize"))

(operator_assignment left: (instance_variable) @name operator: "||=") @definition.field
