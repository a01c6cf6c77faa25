(field_definition property: (_) @binding value: (new_expression constructor: (_) @type))
