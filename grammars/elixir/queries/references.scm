; Words that define, import or steer, and what they define, are no uses.
((call target: (identifier) @reference.none)
  (#one-of? @reference.none
    "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate" "defn" "defnp"
    "defmodule" "defprotocol" "defimpl" "defstruct" "defexception" "alias" "import" "require" "use"
    "if" "unless" "case" "cond" "with" "for" "try" "receive" "quote" "unquote" "raise" "super"))
((call
  target: (identifier) @_word
  (arguments
    . [
      (call target: (identifier) @reference.none)
      (binary_operator left: (call target: (identifier) @reference.none) operator: "when")
    ]))
  (#one-of? @_word
    "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate" "defn" "defnp"))
((call target: (identifier) @_word (arguments . (alias) @reference.none))
  (#one-of? @_word "defmodule" "defprotocol"))
(unary_operator operator: "@" operand: (call target: (identifier) @reference.none))
(unary_operator
  operator: "@"
  operand: (call
    (arguments
      (binary_operator
        left: [(identifier) @reference.none (call target: (identifier) @reference.none)]
        operator: "::"))))

(binary_operator left: (identifier) @reference.none operator: "=")

(call target: (identifier) @reference.call)
(call target: (dot left: (_) @receiver right: (identifier) @reference.call) (arguments))
(call target: (dot left: (_) @receiver right: (identifier) @reference.member) .)
; `&fun/1`
(unary_operator
  operator: "&"
  operand: (binary_operator
    left: [
      (identifier) @reference.call
      (call target: (dot left: (_) @receiver right: (identifier) @reference.call))
    ]
    operator: "/"))

(alias) @reference.type

(identifier) @reference.name
