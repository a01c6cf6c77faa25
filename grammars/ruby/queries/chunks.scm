(program (_) @chunk)

(class body: (body_statement (_) @chunk))

(module body: (body_statement (_) @chunk))

(singleton_class body: (body_statement (_) @chunk))

; describe and context of a test
(program (call block: (do_block body: (body_statement (_) @chunk))))
