[(comment) (multiline_comment)] @doc
(attribute) @above
