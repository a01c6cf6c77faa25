(section (_) @chunk)

(minus_metadata) @chunk
(plus_metadata) @chunk
