; What stands behind a dot is a call, with parentheses or without.
; A bare name may be a local variable or a call of an own method: it is a name here.

(call receiver: (_)? @receiver method: [(identifier) (constant)] @reference.call)

(scope_resolution scope: (_)? @receiver name: (constant) @reference.type)

(constant) @reference.type

[(identifier) (instance_variable) (class_variable) (global_variable)] @reference.name

; readings.map(&:height)
(block_argument (simple_symbol) @reference.call (#set! part "[^:].*"))

; Names of parameters.
(method_parameters (identifier) @reference.none)

(block_parameters (identifier) @reference.none)

(optional_parameter name: (identifier) @reference.none)

(keyword_parameter name: (identifier) @reference.none)

(splat_parameter name: (identifier) @reference.none)

(hash_splat_parameter name: (identifier) @reference.none)

(block_parameter name: (identifier) @reference.none)

; What is no name of anybody's.
((call !receiver method: (identifier) @reference.none)
  (#one-of? @reference.none
    "require" "require_relative" "load" "autoload" "include" "extend" "prepend" "raise" "puts"
    "attr_reader" "attr_writer" "attr_accessor" "lambda" "proc" "loop" "private" "public"
    "protected" "module_function"))
