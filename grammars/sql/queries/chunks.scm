(program (_) @chunk)
