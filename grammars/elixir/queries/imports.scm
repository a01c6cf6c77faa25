; Braces in braces (`alias A.{B.{C}}`) are not allowed, and `alias __MODULE__.B` is a part of this.
((call target: (identifier) @_word (arguments . (alias) @module .)) @import
  (#one-of? @_word "alias" "require"))
((call
  target: (identifier) @_word
  (arguments . (alias) @module . (keywords (pair key: (keyword) @_as value: (alias) @alias))))
  @import
  (#one-of? @_word "alias" "require")
  (#like? @_as "^as:"))
((call
  target: (identifier) @_word
  (arguments . (dot left: (alias) @module right: (tuple (alias) @name)))) @import
  (#one-of? @_word "alias" "require" "import" "use"))
((call target: (identifier) @_word (arguments . (alias) @module @wildcard .)) @import
  (#one-of? @_word "import" "use"))
((call
  target: (identifier) @_word
  (arguments . (alias) @module @wildcard . (keywords (pair key: (keyword) @_only)))) @import
  (#one-of? @_word "import" "use")
  (#not-like? @_only "^only:"))
((call
  target: (identifier) @_word
  (arguments
    . (alias) @module
    . (keywords
        (pair
          key: (keyword) @_only value: (list (keywords (pair key: (keyword) @name)))))))
  @import
  (#set! part "\\w+[?!]?")
  (#one-of? @_word "import")
  (#like? @_only "^only:"))
