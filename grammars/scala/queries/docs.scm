[(comment) (block_comment)] @doc
(annotation) @above
