"""The index's worker with a parser that crashes on crash.py and hangs on hang.py, natively: with
Python's lock held and no way back."""

import os
import re
import sys

from aicopilot_lsp.context.index import parsing, worker
from aicopilot_lsp.context.index.parsing import SourceText
from aicopilot_lsp.store.index.types import FileRow


def make_row(source: SourceText) -> FileRow:
    if source.path.endswith("crash.py"):
        os.abort()
    if source.path.endswith("hang.py"):
        re.fullmatch(r"(a|aa)+", "a" * 100 + "b")  # some thousand years
    return parsing.make_row(source)


if __name__ == "__main__":
    parsing.HANG_S = 0.5
    sys.exit(worker.main(make_row))
