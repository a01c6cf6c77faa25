(source_file (_) @chunk)
(declaration_list (_) @chunk)
(function_item body: (block (_) @chunk))
