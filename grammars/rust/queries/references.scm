(identifier) @reference.name
(type_identifier) @reference.type
(shorthand_field_initializer (identifier) @reference.name)

(call_expression function: (identifier) @reference.call)
(call_expression function: (scoped_identifier path: (_) @receiver name: (_) @reference.call))
(call_expression
  function: (field_expression value: (_) @receiver field: (field_identifier) @reference.call))
(generic_function function: (identifier) @reference.call)
(generic_function function: (scoped_identifier path: (_) @receiver name: (_) @reference.call))
(generic_function
  function: (field_expression value: (_) @receiver field: (field_identifier) @reference.call))
(macro_invocation macro: (identifier) @reference.call)
(macro_invocation macro: (scoped_identifier path: (_) @receiver name: (_) @reference.call))

(field_expression value: (_) @receiver field: (field_identifier) @reference.member)
(scoped_identifier path: (_) @receiver name: (_) @reference.member)
(scoped_type_identifier path: (_) @receiver name: (_) @reference.type)
(struct_expression name: (type_identifier) @reference.type)
(field_initializer field: (_) @reference.member)

; Names that are only given.
(parameter pattern: (identifier) @reference.none)
(let_declaration pattern: (identifier) @reference.none)
(closure_parameters (identifier) @reference.none)
(type_parameter name: (_) @reference.none)
(lifetime (identifier) @reference.none)
(attribute (identifier) @reference.none)
(attribute_item (attribute arguments: (token_tree (identifier) @reference.none)))
(for_expression pattern: (identifier) @reference.none)
