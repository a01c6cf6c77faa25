"""The real server under an audit hook that writes down all it opens, starts and connects to.

`python -m tests.support.audited_server EVENTS`, then LSP on standard input and output. Each line of
the file EVENTS is one event with its arguments, as JSON. An import is an open, too.
"""

import json
import os
import sys
from typing import Any

from aicopilot_lsp.lsp.server import ServeOptions, run_stdio

WATCHED = ("open", "subprocess.", "os.", "socket.", "shutil.", "ctypes.", "exec", "pty.")


def main(events_file: str) -> int:
    out = os.open(events_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def record(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(WATCHED) and event != "exec":
            os.write(out, json.dumps([event, [str(each) for each in arguments]]).encode() + b"\n")

    sys.addaudithook(record)
    return run_stdio(ServeOptions())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
