"""Documents, positions and edits: our own, exact in every encoding LSP allows."""
