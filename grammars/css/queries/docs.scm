[(comment) (js_comment)] @doc
