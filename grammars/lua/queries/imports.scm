; local clock = require("harbour.clock"): the module itself, under the local's name.

(variable_declaration
  (assignment_statement
    (variable_list . name: (identifier) @alias .)
    (expression_list
      . value: (function_call
          name: (identifier) @_require
          arguments: (arguments . (string content: (string_content) @module)))))
  (#one-of? @_require "require")) @import

; local open = require("harbour.store").open
(variable_declaration
  (assignment_statement
    (variable_list . name: (identifier) @alias .)
    (expression_list
      . value: (dot_index_expression
          table: (function_call
            name: (identifier) @_require
            arguments: (arguments . (string content: (string_content) @module)))
          field: (identifier) @name)))
  (#one-of? @_require "require")) @import

; require "harbour.setup", dofile("a.lua")
(chunk
  (function_call
    name: (identifier) @_require
    arguments: (arguments . (string content: (string_content) @module))
    (#one-of? @_require "require" "dofile" "loadfile")) @import)
