"""`python -m aicopilot_lsp`: the same as the `aicopilot` command."""

from aicopilot_lsp.cli import main

main()
