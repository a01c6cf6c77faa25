[(element) (script_element) (style_element) (comment) (doctype)] @chunk
