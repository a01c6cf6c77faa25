"""The command line: one file a command, no logic of its own.

`aicopilot` and `aicopilot serve` are what editors start, so they go to the server at once, without
the machinery of the other commands (INV-11).
"""

import sys


def main() -> None:
    """Entry point of the `aicopilot` script; ends the process with its exit code."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] == "serve":
        from aicopilot_lsp.cli.serve import serve

        sys.exit(serve(arguments[1:]))
    from aicopilot_lsp.cli.app import run

    sys.exit(run(arguments))
