"""A process that parses for the index's worker and misbehaves.

It ends natively at crash.py, hangs at hang.py, and raises at raise.py. At once.py it ends when the
file that its text names is not there yet, and makes it. With the argument "never" it ends before
its first word.
"""

import os
import re
import sys
from pathlib import Path

from aicopilot_lsp.context.index import parse_process, parsing
from aicopilot_lsp.context.index.parsing import SourceText
from aicopilot_lsp.store.index.types import FileRow


def make_row(source: SourceText) -> FileRow:
    if source.path.endswith("crash.py"):
        os.abort()
    if source.path.endswith("hang.py"):
        re.fullmatch(r"(a|aa)+", "a" * 100 + "b")  # some thousand years
    if source.path.endswith("once.py"):
        seen = Path(source.text.strip())
        if not seen.exists():
            seen.touch()
            os.abort()
    if source.path.endswith("raise.py"):
        raise RecursionError
    return parsing.make_row(source)


if __name__ == "__main__":
    if "never" in sys.argv:
        sys.exit(1)
    parsing.HANG_S = 0.5
    sys.exit(parse_process.main(make_row))
