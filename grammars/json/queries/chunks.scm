(document (object (pair) @chunk))

(document (object (pair value: (object (pair) @chunk))))

(document (object (pair value: (array (_) @chunk))))

(document (array (_) @chunk))
