; gauge = Gauge.new, @gauge ||= Tables::Gauge.new; by custom these give an object of the class.

(assignment
  left: [(identifier) (instance_variable) (class_variable) (global_variable)] @binding
  right: (call receiver: [(constant) (scope_resolution)] @type method: (identifier) @_new)
  (#one-of? @_new
    "new" "instance" "create" "create!" "build" "find" "find_by" "find_by!" "first" "last"))

(operator_assignment
  left: [(identifier) (instance_variable) (class_variable) (global_variable)] @binding
  right: (call receiver: [(constant) (scope_resolution)] @type method: (identifier) @_new)
  (#one-of? @_new
    "new" "instance" "create" "create!" "build" "find" "find_by" "find_by!" "first" "last"))

; def initialize(name, store: Store.new)
(optional_parameter
  name: (identifier) @binding
  value: (call receiver: [(constant) (scope_resolution)] @type method: (identifier) @_new)
  (#one-of? @_new "new"))

(keyword_parameter
  name: (identifier) @binding
  value: (call receiver: [(constant) (scope_resolution)] @type method: (identifier) @_new)
  (#one-of? @_new "new"))

; rescue Missing => error
(rescue
  exceptions: (exceptions . [(constant) (scope_resolution)] @type .)
  variable: (exception_variable (identifier) @binding))

; gauge = make_gauge(1)
(assignment left: (_) @binding right: (call !receiver method: (identifier) @maker))

; @store = store
(assignment left: (instance_variable) @binding right: (identifier) @like)
