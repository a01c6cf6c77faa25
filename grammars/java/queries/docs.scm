[(line_comment) (block_comment)] @doc
[(annotation) (marker_annotation)] @above
