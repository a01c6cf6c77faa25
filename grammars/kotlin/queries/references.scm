(parameter . (identifier) @reference.none)
(class_parameter (identifier) @reference.none . [(user_type) (nullable_type) (function_type)])
(variable_declaration . (identifier) @reference.none)
(value_argument . (identifier) @reference.none . "=")
(catch_block . (identifier) @reference.none)
(type_parameter . (identifier) @reference.none)
(package_header (_ (identifier) @reference.none))

(call_expression . (identifier) @reference.call)
(call_expression . (navigation_expression (_) @receiver . (identifier) @reference.call .))
; `a.b { }` after `a.b(c)` is a call of the same: the inner one finds it.
(infix_expression (_) @receiver . (identifier) @reference.call . (_))
(callable_reference (identifier) @reference.call .)

(user_type . (identifier) @reference.type)
(user_type (identifier) @receiver . (identifier) @reference.type)

(navigation_expression (_) @receiver . (identifier) @reference.member .)

; `true`, `false` and `null` are identifiers here, to be told by their text alone.
(identifier) @reference.name
