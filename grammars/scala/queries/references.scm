(parameter name: (identifier) @reference.none)
(class_parameter name: (identifier) @reference.none)
(binding name: (identifier) @reference.none)
(lambda_expression parameters: (identifier) @reference.none)
(enumerator . (identifier) @reference.none)
(typed_pattern pattern: (identifier) @reference.none)
(type_definition name: (type_identifier) @reference.none)
(interpolated_string_expression interpolator: (identifier) @reference.none)
(package_clause name: (_ (identifier) @reference.none))

(call_expression
  function: [
    (identifier) @reference.call
    (generic_function function: (identifier) @reference.call)
  ])
(call_expression
  function: [
    (field_expression value: (_) @receiver field: (identifier) @reference.call)
    (generic_function
      function: (field_expression value: (_) @receiver field: (identifier) @reference.call))
  ])
(infix_expression left: (_) @receiver operator: (identifier) @reference.call)

(stable_type_identifier (_) @receiver . (type_identifier) @reference.type .)
(type_identifier) @reference.type

; A method that is called without parentheses looks like a value that is read.
(field_expression value: (_) @receiver field: (identifier) @reference.member)

(identifier) @reference.name
