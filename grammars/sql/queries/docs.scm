[
  (comment)
  (marginalia)
] @doc
