(chunk
  (_) @chunk)
