(class body: (_) @scope)

(module body: (_) @scope)

(singleton_class body: (_) @scope)

(method body: (_) @scope)

(singleton_method body: (_) @scope)

[(block) (do_block) (lambda)] @scope
