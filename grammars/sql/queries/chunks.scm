(program
  (_) @chunk)
