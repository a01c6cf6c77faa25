(interface_body) @scope
(object_type) @scope
(enum_body) @scope
