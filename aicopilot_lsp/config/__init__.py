"""Options as written, settings as resolved, workspace trust. Imports no other room."""
