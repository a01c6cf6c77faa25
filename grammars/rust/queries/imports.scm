; What a `use` takes: a path, a group, and groups within groups, three deep.
(use_declaration
  argument: [
    (identifier) @name
    (scoped_identifier path: (_) @module name: (_) @name)
    (use_as_clause
      path: [(scoped_identifier path: (_) @module name: (_) @name) (identifier) @name]
      alias: (_) @alias)
    (use_wildcard (_) @module) @wildcard
  ]
  (#set! separator "::")) @import
(use_declaration
  argument: (scoped_use_list
    path: (_)? @module
    list: (use_list
      [
        (identifier) @name
        (self) @_self
        (scoped_identifier path: (_) @module name: (_) @name)
        (use_as_clause
          path: [
            (scoped_identifier path: (_) @module name: (_) @name)
            (identifier) @name
            (self) @_self
          ]
          alias: (_) @alias)
        (use_wildcard (_)? @module) @wildcard
      ]))
  (#set! separator "::")) @import
(use_declaration
  argument: (scoped_use_list
    path: (_)? @module
    list: (use_list
      (scoped_use_list
        path: (_)? @module
        list: (use_list
          [
            (identifier) @name
            (self) @_self
            (scoped_identifier path: (_) @module name: (_) @name)
            (use_as_clause
              path: [
                (scoped_identifier path: (_) @module name: (_) @name)
                (identifier) @name
                (self) @_self
              ]
              alias: (_) @alias)
            (use_wildcard (_)? @module) @wildcard
          ]))))
  (#set! separator "::")) @import
(use_declaration
  argument: (scoped_use_list
    path: (_)? @module
    list: (use_list
      (scoped_use_list
        path: (_)? @module
        list: (use_list
          (scoped_use_list
            path: (_)? @module
            list: (use_list
              [
                (identifier) @name
                (self) @_self
                (scoped_identifier path: (_) @module name: (_) @name)
                (use_as_clause
                  path: [
                    (scoped_identifier path: (_) @module name: (_) @name)
                    (identifier) @name
                    (self) @_self
                  ]
                  alias: (_) @alias)
                (use_wildcard (_)? @module) @wildcard
              ]))))))
  (#set! separator "::")) @import

(extern_crate_declaration name: (_) @module alias: (_)? @alias) @import

; `mod x;` is another file.
(mod_item name: (_) @module !body (#set! from "self::")) @import
