"""The index of a workspace: how it comes about and is kept true (store/index/ keeps it)."""
