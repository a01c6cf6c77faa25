(module (_) @chunk)
(class_definition body: (block (_) @chunk))
(function_definition body: (block (_) @chunk))
