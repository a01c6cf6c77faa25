; What stands in a block by itself; in a long function too, which is cut there.
(source (_) @chunk)
(do_block [(call) (unary_operator) (binary_operator)] @chunk)
