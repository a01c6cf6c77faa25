(typed_parameter . (identifier) @binding type: (type) @type)
(typed_default_parameter name: (identifier) @binding type: (type) @type)
(assignment left: [(identifier) (attribute)] @binding type: (type) @type)

(assignment
  left: [(identifier) (attribute)] @binding
  right: [
    (call function: [(identifier) (attribute)] @maker)
    (await (call function: [(identifier) (attribute)] @maker))
  ])
(named_expression
  name: (identifier) @binding
  value: [
    (call function: [(identifier) (attribute)] @maker)
    (await (call function: [(identifier) (attribute)] @maker))
  ])

; `with make() as x`, `async with`
(as_pattern
  (call function: [(identifier) (attribute)] @maker)
  alias: (as_pattern_target (identifier) @binding))

; `except Error as error`, `case Foo() as foo`
(except_clause
  value: (as_pattern
    [(identifier) (attribute)] @type
    alias: (as_pattern_target (identifier) @binding)))
(as_pattern
  (case_pattern (class_pattern (dotted_name) @type))
  (identifier) @binding)
((call
  function: (identifier) @_test
  arguments: (argument_list . [(identifier) (attribute)] @binding . [(identifier) (attribute)] @type))
  (#one-of? @_test "isinstance"))

; `self._x = x`, `self._x = x or Foo()`
(assignment
  left: (attribute) @binding
  right: [(identifier) (attribute)] @like)
(assignment
  left: [(identifier) (attribute)] @binding
  right: (boolean_operator right: (call function: [(identifier) (attribute)] @maker)))
(assignment left: (identifier) @binding right: (attribute) @like)
