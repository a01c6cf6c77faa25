[(line_comment) (block_comment)] @doc
(annotation) @above
