(document (_) @chunk)

(document (table (pair) @chunk))
