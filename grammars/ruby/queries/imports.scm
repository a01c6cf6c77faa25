; A file that is required shares all its names, so nothing is taken from it by name.

(call
  !receiver
  method: (identifier) @_require
  arguments: (argument_list . (string (string_content) @module) .)
  (#one-of? @_require "require" "require_relative" "load" "require_dependency")) @import

(call
  !receiver
  method: (identifier) @_autoload
  arguments: (argument_list . (simple_symbol) @name . (string (string_content) @module) .)
  (#set! part "\\w+")
  (#one-of? @_autoload "autoload")) @import
