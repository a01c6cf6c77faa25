"""`python -m aicopilot_lsp`: the same as the `aicopilot` command.

With -m Python looks into the working directory first, and that is the workspace: a `typer.py` or a
plug-in's dist-info in it would run. It is taken off the path before anything else is imported
(INV-6). Against a directory `aicopilot_lsp` in the workspace only `python -P -m` or the command
itself help.
"""

import os
import sys


def _forget_working_directory() -> None:
    try:
        here = os.getcwd()  # noqa: PTH109 - pathlib is not imported yet
    except OSError:  # it was deleted, and holds nothing
        return
    if not sys.flags.safe_path and sys.path[:1] in ([""], [here]):
        del sys.path[0]


_forget_working_directory()

from aicopilot_lsp.cli import main  # noqa: E402 - not before the path is safe

main()
