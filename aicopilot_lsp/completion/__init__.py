"""One inline completion from request to suggestion; start reading at pipeline.py."""
