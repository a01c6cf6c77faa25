"""`aicopilot serve`: the language server on standard input and output.

On argparse, not typer: an editor waits for this command, and typer costs a tenth of a second.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn


def serve(arguments: Sequence[str]) -> int:
    """Parse `arguments`, serve until the editor leaves, return the exit code."""
    options = _parser().parse_args(arguments)
    if sys.stdin.isatty():
        print(
            "aicopilot serve speaks the Language Server Protocol: your editor starts it and talks"
            " to it. Nothing to do in a terminal; see `aicopilot --help`, or press Ctrl-D to end.",
            file=sys.stderr,
        )
    from aicopilot_lsp.lsp.server import ServeOptions, run_stdio

    return run_stdio(ServeOptions(config_file=options.config, log_level=options.log_level))


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as the other commands do: one line, without the usage above it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"aicopilot: {message}. Try `{self.prog} --help`.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="aicopilot serve",
        allow_abbrev=False,  # what is an option today must not change with a new one
        description="Serve the Language Server Protocol on standard input and output (the default"
        " command). Editors start this; the set-up for each is under editors/.",
    )
    parser.add_argument("--stdio", action="store_true", help="accepted for editors that add it")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="stands in for the user's config file (also AICOPILOT_CONFIG)",
    )
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        help="what goes to the log file; `aicopilot config path` says where that is",
    )
    # Several clients append the id of their process for the server to watch; `initialize` tells it
    # too, so it need not be read here.
    parser.add_argument("--clientProcessId", help=argparse.SUPPRESS)
    return parser
