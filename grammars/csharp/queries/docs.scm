(comment) @doc
(attribute_list) @above
