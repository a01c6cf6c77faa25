(block) @scope
(struct_type (field_declaration_list) @scope)
(interface_type) @scope
[(expression_case) (type_case) (default_case) (communication_case)] @scope
