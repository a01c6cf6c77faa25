(stylesheet (_) @chunk)

; Rules under a condition or in a layer.
(media_statement (block (_) @chunk))

(supports_statement (block (_) @chunk))

(stylesheet (at_rule (block (_) @chunk)))
