[
  (object)
  (array)
] @scope
