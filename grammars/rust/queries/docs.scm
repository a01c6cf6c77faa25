; An inner doc comment (`//!`) is about what it stands in.
(line_comment !inner) @doc
(block_comment !inner) @doc
(attribute_item) @above
