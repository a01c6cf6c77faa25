(interface_body (_) @chunk)
(internal_module body: (statement_block (_) @chunk))
