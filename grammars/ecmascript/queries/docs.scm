(comment) @doc
(decorator) @above
