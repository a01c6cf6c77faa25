"""Which files of a workspace are not read: ignored, secret-looking, binary, too large."""
