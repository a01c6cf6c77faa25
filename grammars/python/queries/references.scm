(identifier) @reference.name

(call function: (identifier) @reference.call)
(call function: (attribute object: (_) @receiver attribute: (identifier) @reference.call))
(attribute object: (_) @receiver attribute: (identifier) @reference.member)

(type (identifier) @reference.type)
(type (attribute object: (_) @receiver attribute: (identifier) @reference.type))
(type (generic_type (identifier) @reference.type))
(type (binary_operator [(identifier) @reference.type (attribute attribute: (identifier) @reference.type)]))
(type (subscript value: (identifier) @reference.type))
(class_definition superclasses: (argument_list (identifier) @reference.type))
(class_definition
  superclasses: (argument_list
    (attribute object: (_) @receiver attribute: (identifier) @reference.type)))
(except_clause value: (identifier) @reference.type)
(decorator (identifier) @reference.call)

; Names that are no uses: of parameters, and of arguments.
(keyword_argument name: (identifier) @reference.none)
(parameters (identifier) @reference.none)
(lambda_parameters (identifier) @reference.none)
(default_parameter name: (identifier) @reference.none)
(typed_parameter . (identifier) @reference.none)
(typed_default_parameter name: (identifier) @reference.none)
(list_splat_pattern (identifier) @reference.none)
(dictionary_splat_pattern (identifier) @reference.none)
(future_import_statement name: (dotted_name (identifier) @reference.none))
