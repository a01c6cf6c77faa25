"""The command line: one file a command, no logic of its own.

`serve` is the default: `aicopilot`, `aicopilot serve` and `aicopilot --stdio` are what editors
start, so they go to the server at once, without the machinery of the other commands (INV-11).
"""

import sys
from collections.abc import Sequence

# Options of the program itself; any other in front belongs to `serve`.
_OWN_OPTIONS = ("-h", "--help", "--version")


def main() -> None:
    """Entry point of the `aicopilot` script; ends the process with its exit code."""
    arguments = sys.argv[1:]
    if _is_for_serve(arguments):
        from aicopilot_lsp.cli.serve import serve

        sys.exit(serve(arguments[1:] if arguments[:1] == ["serve"] else arguments))
    from aicopilot_lsp.cli.app import run

    sys.exit(run(arguments))


def _is_for_serve(arguments: Sequence[str]) -> bool:
    if not arguments or arguments[0] == "serve":
        return True
    return arguments[0].startswith("-") and arguments[0] not in _OWN_OPTIONS
