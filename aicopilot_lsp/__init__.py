"""aicopilot-lsp: AI completion for every LSP editor, local first.

Start reading at completion/pipeline.py (what happens to one request), then lsp/server.py (the face
that editors see) and plugins.py (everything that can be replaced).
"""

__version__ = "0.1.0"
