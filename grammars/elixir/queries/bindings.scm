; `%Job{} = job` in a head and `job = %Job{}` in a body.
(binary_operator
  left: (map (struct (alias) @type)) operator: "=" right: (identifier) @binding)
(binary_operator
  left: (identifier) @binding operator: "=" right: (map (struct (alias) @type)))
; What a module's function gives is a thing of that module only where it is named so.
((binary_operator
  left: (identifier) @binding
  operator: "="
  right: (call target: (dot left: (alias) right: (identifier) @_made) @maker))
  (#one-of? @_made "new" "new!" "build" "struct" "struct!"))
(binary_operator
  left: (identifier) @binding
  operator: "="
  right: (call target: (identifier) @maker))
(binary_operator left: (identifier) @binding operator: "in" right: (alias) @type)
