(chunk (_) @chunk)
