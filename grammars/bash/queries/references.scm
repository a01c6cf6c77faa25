; A command may be a function of ours or a program: which, only the index can tell.

(command
  name: (command_name (word) @reference.call)
  (#not-one-of? @reference.call
    "." ":" "[" "alias" "break" "cd" "command" "continue" "echo" "eval" "exec" "exit" "printf"
    "read" "return" "set" "shift" "source" "test" "trap" "true" "false" "wait"))

; trap cleanup EXIT, xargs pack_one
(command
  name: (command_name) @_runs
  argument: (word) @reference.name
  (#one-of? @_runs "trap" "command" "exec" "env" "time" "type" "xargs" "complete")
  (#like? @reference.name "^[a-z_][\\w-]*$"))

(simple_expansion (variable_name) @reference.name)

(expansion (variable_name) @reference.name)

(subscript name: (variable_name) @reference.name)

; An assignment is a use too: it may set what another file reads.
(variable_assignment name: (variable_name) @reference.name)

; $1
((variable_name) @reference.none (#like? @reference.none "^\\d+$"))
