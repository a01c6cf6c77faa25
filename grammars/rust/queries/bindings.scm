; `Arc::new(Mutex::new(Foo::new()))`: what is wrapped counts.
(let_declaration
  pattern: (identifier) @binding
  value: (call_expression
    function: (scoped_identifier path: (identifier) @_wrapper)
    arguments: (arguments
      . [
        (call_expression
          function: (scoped_identifier path: (identifier) @_inner)
          arguments: (arguments
            . [
              (call_expression function: (_) @maker)
              (try_expression (call_expression function: (_) @maker))
              (identifier) @like
            ]))
      ]))
  (#one-of? @_wrapper "Arc" "Rc" "Box" "Pin" "Some" "Ok")
  (#one-of? @_inner "Mutex" "RwLock" "RefCell" "Cell" "Box"))
(let_declaration
  pattern: (identifier) @binding
  value: (call_expression
    function: (scoped_identifier path: (identifier) @_wrapper)
    arguments: (arguments
      . [
        (call_expression function: (_) @maker)
        (try_expression (call_expression function: (_) @maker))
        (struct_expression name: (_) @type)
        (identifier) @like
      ]))
  (#one-of? @_wrapper "Arc" "Rc" "Box" "Pin" "Mutex" "RwLock" "RefCell" "Cell"))

(parameter pattern: (identifier) @binding type: (_) @type)
(let_declaration pattern: (identifier) @binding type: (_) @type)
(let_declaration
  pattern: (identifier) @binding
  value: [
    (struct_expression name: (_) @type)
    (reference_expression value: (struct_expression name: (_) @type))
    (call_expression function: (_) @maker)
    (try_expression (call_expression function: (_) @maker))
    (await_expression (call_expression function: (_) @maker))
    (try_expression (await_expression (call_expression function: (_) @maker)))
    (field_expression) @like
    (reference_expression value: [(field_expression) (identifier)] @like)
  ])
; `if let Some(x) = make()`, `let Ok(x) = make() else`
(let_condition
  pattern: (tuple_struct_pattern type: (identifier) @_wrapper . (identifier) @binding .)
  value: [
    (call_expression function: (_) @maker)
    (await_expression (call_expression function: (_) @maker))
    (field_expression) @like
    (identifier) @like
    (reference_expression value: (_) @like)
  ]
  (#one-of? @_wrapper "Some" "Ok"))
(let_declaration
  pattern: (tuple_struct_pattern type: (identifier) @_wrapper . (identifier) @binding .)
  value: [
    (call_expression function: (_) @maker)
    (field_expression) @like
    (identifier) @like
  ]
  (#one-of? @_wrapper "Some" "Ok"))
(const_item name: (identifier) @binding type: (_) @type)
(static_item name: (identifier) @binding type: (_) @type)
