[(comment) (marginalia)] @doc
