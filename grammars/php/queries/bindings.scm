(simple_parameter type: (_) @type name: (variable_name) @binding)

(variadic_parameter type: (_) @type name: (variable_name) @binding)

(property_promotion_parameter type: (_) @type name: (variable_name) @binding)

(catch_clause type: (type_list . (_) @type .) name: (variable_name) @binding)

; $store = new Store(), $this->sink = new Sink()
(assignment_expression
  left: [(variable_name) (member_access_expression) (scoped_property_access_expression)] @binding
  right: (object_creation_expression [(name) (qualified_name)] @type))

; $store = open_store()
(assignment_expression
  left: [(variable_name) (member_access_expression) (scoped_property_access_expression)] @binding
  right: (function_call_expression function: [(name) (qualified_name)] @maker))

; $tide = Tide::at(...): by custom a static function of a class makes one of it.
(assignment_expression
  left: [(variable_name) (member_access_expression) (scoped_property_access_expression)] @binding
  right: (scoped_call_expression scope: [(name) (qualified_name)] @type))

; $this->store = $store
(assignment_expression
  left: (member_access_expression) @binding
  right: [(variable_name) (member_access_expression)] @like)
