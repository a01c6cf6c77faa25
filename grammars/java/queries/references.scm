(formal_parameter name: (identifier) @reference.none)
(spread_parameter (variable_declarator name: (identifier) @reference.none))
(variable_declarator name: (identifier) @reference.none)
(inferred_parameters (identifier) @reference.none)
(lambda_expression parameters: (identifier) @reference.none)
(enhanced_for_statement name: (identifier) @reference.none)
(catch_formal_parameter name: (identifier) @reference.none)
(resource name: (identifier) @reference.none)
(local_variable_declaration type: (type_identifier) @reference.none (#one-of? @reference.none "var"))
(type_parameter . (type_identifier) @reference.none)
(package_declaration [(identifier) (scoped_identifier)] @reference.none)
(package_declaration (scoped_identifier name: (_) @reference.none))
(package_declaration (scoped_identifier scope: (scoped_identifier name: (_) @reference.none)))
(package_declaration
  (scoped_identifier
    scope: (scoped_identifier scope: (scoped_identifier name: (_) @reference.none))))

(method_invocation !object name: (_) @reference.call)
(method_invocation object: (_) @receiver name: (_) @reference.call)
(method_reference . (_) @receiver (identifier) @reference.call .)

(scoped_type_identifier (_) @receiver . (type_identifier) @reference.type)
(type_identifier) @reference.type
(annotation name: (identifier) @reference.type)
(marker_annotation name: (identifier) @reference.type)

; A class that is spelt before a dot is a name: whether it is one, only its spelling tells.
(field_access object: (_) @receiver field: (identifier) @reference.member)

(identifier) @reference.name
