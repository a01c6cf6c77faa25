; Functions, and variables outside of them; what a function sets is as good as local, unless it
; is exported.

(function_definition name: (word) @name body: (_) @body) @definition.function

(declaration_command
  ["export" "readonly" "declare" "typeset"]
  [(variable_assignment name: (variable_name) @name) (variable_name) @name]) @definition.variable

(variable_assignment name: (variable_name) @name) @definition.variable

; alias lst='ls -lt'
((command
   name: (command_name) @_alias
   argument: (concatenation . (word) @name)) @definition.function
  (#set! part "[^=]+")
  (#one-of? @_alias "alias"))
