(program (_) @chunk)

(namespace_definition body: (compound_statement (_) @chunk))

(declaration_list (_) @chunk)

(enum_declaration_list (_) @chunk)
