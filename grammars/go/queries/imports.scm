; The statement is the whole group.
(import_declaration
  [
    (import_spec !name path: (_ (_) @module))
    (import_spec_list (import_spec !name path: (_ (_) @module)))
  ]) @import
; `_ "path"` brings no name: it is called "_" here.
(import_declaration
  [
    (import_spec
      name: [(package_identifier) (blank_identifier)] @alias path: (_ (_) @module))
    (import_spec_list
      (import_spec
        name: [(package_identifier) (blank_identifier)] @alias path: (_ (_) @module)))
  ]) @import
(import_declaration
  [
    (import_spec name: (dot) @wildcard path: (_ (_) @module))
    (import_spec_list (import_spec name: (dot) @wildcard path: (_ (_) @module)))
  ]) @import
