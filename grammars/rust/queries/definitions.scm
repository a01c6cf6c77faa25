(struct_item name: (_) @name) @definition.class
(struct_item name: (_) @name body: (_) @body) @definition.class
(union_item name: (_) @name body: (_) @body) @definition.class
(enum_item name: (_) @name body: (_) @body) @definition.class
(trait_item name: (_) @name body: (_) @body) @definition.class
(trait_item name: (_) @name bounds: (trait_bounds (_) @base)) @definition.class

; What an impl block holds belongs to its type.
(impl_item type: (type_identifier) @name body: (_) @body) @definition.class
(impl_item
  type: [
    (generic_type type: (type_identifier) @name)
    (generic_type type: (scoped_type_identifier name: (_) @name))
    (scoped_type_identifier name: (_) @name)
    (reference_type type: (type_identifier) @name)
    (reference_type type: (generic_type type: (type_identifier) @name))
  ]
  body: (_) @body) @definition.class
(impl_item trait: (_) @base type: (type_identifier) @name) @definition.class
(impl_item trait: (_) @base type: (generic_type type: (type_identifier) @name)) @definition.class

(function_item name: (_) @name body: (_) @body) @definition.function
(function_item name: (_) @name return_type: (_) @result) @definition.function
(function_signature_item name: (_) @name) @definition.function
(function_signature_item name: (_) @name return_type: (_) @result) @definition.function
(macro_definition name: (_) @name) @definition.function

(field_declaration name: (_) @name type: (_) @result) @definition.field
(enum_variant name: (_) @name) @definition.field

(const_item name: (_) @name type: (_) @result) @definition.variable
(static_item name: (_) @name type: (_) @result) @definition.variable
(type_item name: (_) @name) @definition.type
(associated_type name: (_) @name) @definition.type

(mod_item name: (_) @name body: (_) @body) @definition.module
