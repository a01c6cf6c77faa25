; `->`, `?->` and `::` all stand for the dot here.

(function_call_expression
  function: [(name) @reference.call (qualified_name (name) @reference.call)])

(member_call_expression object: (_) @receiver name: (name) @reference.call)

(nullsafe_member_call_expression object: (_) @receiver name: (name) @reference.call)

(scoped_call_expression scope: (_) @receiver name: (name) @reference.call)

(member_access_expression object: (_) @receiver name: (name) @reference.member)

(nullsafe_member_access_expression object: (_) @receiver name: (name) @reference.member)

(scoped_property_access_expression
  scope: (_) @receiver
  name: (variable_name (name) @reference.member))

(class_constant_access_expression
  . (_) @receiver
  (name) @reference.member
  (#not-one-of? @reference.member "class"))

; Types: where they are declared, made, asked for, or stand before `::`.
(named_type [(name) @reference.type (qualified_name (name) @reference.type)])

(object_creation_expression [(name) @reference.type (qualified_name (name) @reference.type)])

(base_clause [(name) @reference.type (qualified_name (name) @reference.type)])

(class_interface_clause [(name) @reference.type (qualified_name (name) @reference.type)])

(use_declaration [(name) @reference.type (qualified_name (name) @reference.type)])

(attribute [(name) @reference.type (qualified_name (name) @reference.type)])

(scoped_call_expression scope: [(name) @reference.type (qualified_name (name) @reference.type)])

(scoped_property_access_expression
  scope: [(name) @reference.type (qualified_name (name) @reference.type)])

(class_constant_access_expression
  . [(name) @reference.type (qualified_name (name) @reference.type)])

(binary_expression
  operator: "instanceof"
  right: [(name) @reference.type (qualified_name (name) @reference.type)])

; A variable; a bare name within an expression is a constant.
((variable_name) @reference.name (#not-one-of? @reference.name "$this"))

(argument (name) @reference.name)

(binary_expression (name) @reference.name)

(assignment_expression right: (name) @reference.name)

(return_statement (name) @reference.name)

; What is declared there.
(property_element name: (variable_name) @reference.none)

(scoped_property_access_expression name: (variable_name) @reference.none)

(argument name: (name) @reference.none)
