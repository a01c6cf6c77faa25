; All of Elixir is calls: what a call defines, the word before it tells.

((call
  target: (identifier) @_word
  (arguments . (alias) @name)
  (do_block) @body) @definition.module
  (#one-of? @_word "defmodule" "defprotocol"))
((call
  target: (identifier) @_word
  (arguments . (alias) @name)
  (do_block
    (unary_operator
      operator: "@"
      operand: (call target: (identifier) @_doc (arguments [(string) (sigil)]))) @doc))
  @definition.module
  (#one-of? @_word "defmodule" "defprotocol")
  (#one-of? @_doc "moduledoc"))
; An implementation is one more piece of the module that it is for.
((call
  target: (identifier) @_word
  (arguments . (alias) @base (keywords (pair value: (alias) @name)))
  (do_block) @body) @definition.module
  (#one-of? @_word "defimpl"))

((call
  target: (identifier) @_word
  (arguments
    . [
      (identifier) @name
      (call target: (identifier) @name)
      (binary_operator
        left: [(identifier) @name (call target: (identifier) @name)] operator: "when")
    ]
    . (keywords)? @body)
  (do_block)? @body) @definition.function
  (#one-of? @_word
    "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate" "defn" "defnp"))

((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_word
    (arguments
      (binary_operator
        left: [(identifier) @name (call target: (identifier) @name)] operator: "::"))))
  @definition.type
  (#one-of? @_word "type" "typep" "opaque"))
((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_word
    (arguments
      (binary_operator
        left: (call target: (identifier) @name)
        operator: "::"
        right: [
          (call target: (dot left: (alias) @result))
          (binary_operator left: (call target: (dot left: (alias) @result)) operator: "|")
          (_)
        ]))))
  @definition.function
  (#one-of? @_word "callback" "macrocallback"))

; An attribute that holds a value.
((unary_operator
  operator: "@"
  operand: (call target: (identifier) @name (arguments . (_) .))) @definition.variable
  (#not-one-of? @name
    "moduledoc" "doc" "typedoc" "spec" "type" "typep" "opaque" "callback" "macrocallback" "impl"
    "behaviour" "derive" "enforce_keys" "moduletag" "tag" "describetag" "optional_callbacks"
    "dialyzer" "compile" "deprecated" "before_compile" "after_compile" "external_resource" "on_load"))

; The fields of a struct: `[:key, other: 1]`, or `key: 1` alone.
((call
  target: (identifier) @_word
  (arguments
    [
      (list (atom) @name @definition.field)
      (list (keywords (pair key: (keyword) @name) @definition.field))
      (keywords (pair key: (keyword) @name) @definition.field)
    ]))
  (#set! part "\\w+[?!]?")
  (#one-of? @_word "defstruct" "defexception"))
