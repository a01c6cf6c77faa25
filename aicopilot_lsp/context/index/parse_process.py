"""A process that parses files for the worker during a large scan (`python -m` this, parse_pool.py).

It reads pickled files from stdin and answers each on stdout with its row, until stdin ends; it
opens nothing. Both ends are this program's own processes of one user: pickles of nobody else's.
"""

import contextlib
import os
import pickle
import signal
import sys
from dataclasses import replace

from aicopilot_lsp.context.index.lowly import collect_rarely, lower
from aicopilot_lsp.context.index.parsing import MakeRow, SourceText, ending_hangs, make_row
from aicopilot_lsp.store.index.types import FileRow

READY = "ready"


def main(make: MakeRow = make_row) -> int:
    """Returns the exit code, when nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: it is the parent's to end us
    lower()
    collect_rarely()
    guarded = ending_hangs(make)
    with contextlib.suppress(EOFError, OSError):
        _say(READY)
        while True:
            source = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the worker
            _say(_row(guarded, source))
    os._exit(0)  # not by way of Python, which would write to a closed pipe once more


def _row(make: MakeRow, source: SourceText) -> FileRow | None:
    """Without its text, which the asker has; None where something went wrong."""
    try:
        return replace(make(source), text="")
    except Exception:  # noqa: BLE001 - one file must not cost the others
        return None


def _say(answer: FileRow | str | None) -> None:
    pickle.dump(answer, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
