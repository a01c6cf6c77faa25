"""The worker: the process that keeps one index true to its files (`python -m` this, wire.py).

It is told what to do on stdin and ends when that does. One worker at a time writes an index: a
second one waits until the lock is free, and goes on from there. It runs nothing of the workspace
and reads nothing outside of it (opening.py); it opens no connection.

The main thread keeps the index (keep.py). Others listen to the parent and to the system's news of
files (watch.py), and during a large scan ask the processes that parse for it (parse_pool.py).
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

from aicopilot_lsp.context.index.keep import Worker
from aicopilot_lsp.context.index.lowly import collect_rarely, lower
from aicopilot_lsp.context.index.parse_pool import ParsePool, processes
from aicopilot_lsp.context.index.parsing import MakeRow, ending_hangs, make_row
from aicopilot_lsp.context.index.types import Pool
from aicopilot_lsp.context.index.wire import Command, Do, Job

_LAST_WORDS_S = 5.0


def main(make: MakeRow = make_row, begin_pool: Callable[[], Pool] | None = None) -> int:
    """Returns the exit code: 0 when told to end, EXIT_UNUSABLE where starting again won't help."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: it is the parent's to end us
    lower()
    collect_rarely()
    os.umask(0o077)
    lines = _lines(sys.stdin.fileno())
    job = Job.from_line(next(lines, b""))
    worker = Worker(job, ending_hangs(make), sys.stdout.buffer, begin_pool)
    threading.Thread(target=_listen, args=(worker, lines), daemon=True).start()
    return worker.run()


def _listen(worker: Worker, lines: Iterator[bytes]) -> None:
    for line in lines:
        try:
            command = Command.from_line(line)
        except (ValueError, KeyError, TypeError):
            continue
        worker.tell(command)
    worker.tell(Command(do=Do.STOP))
    time.sleep(_LAST_WORDS_S)
    os._exit(0)  # it is stuck, and nobody is there to be told


def _lines(descriptor: int) -> Iterator[bytes]:
    """Not by a buffered file: its lock, which the listening thread would hold for ever, is wanted
    when the interpreter ends."""
    rest = b""
    while data := os.read(descriptor, 1 << 16):
        *whole, rest = (rest + data).split(b"\n")
        yield from whole


if __name__ == "__main__":
    count = processes()
    sys.exit(main(begin_pool=(lambda: ParsePool(count)) if count else None))
