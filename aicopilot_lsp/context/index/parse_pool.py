"""Processes that parse the files of a large scan, while the worker reads and writes.

A file that crashes or hangs the parser costs its process alone, which is started anew. The
processes end with the worker, for their stdin does; each has a thread of the worker that asks it
one file at a time, so that it is known which file a process died of.
"""

import errno
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from aicopilot_lsp.context.index.parse_process import READY
from aicopilot_lsp.context.index.parsing import SourceText
from aicopilot_lsp.context.index.refusal import Refusal
from aicopilot_lsp.store.index.types import FileRow

# One that parses for each core, as far as memory should go for it: each takes some 80 MB.
_MOST_PROCESSES = 2
# Enough for all processes to go on while the worker puts a batch of rows.
_MOST_PENDING = 64
_MOST_PENDING_CHARS = 4 << 20


def command() -> list[str]:
    """-P for INV-6, as the worker itself (wire.py)."""
    return [sys.executable, "-P", "-m", "aicopilot_lsp.context.index.parse_process"]


def processes() -> int:
    """How many are worth their memory here; 0 where the only core is the worker's."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min(cores, _MOST_PROCESSES) if cores > 1 else 0


class ParsePool:
    """Some processes. For one thread; `close` it.

    Attributes
    ----------
    pending : int
        Files that were submitted and not taken.
    """

    def __init__(self, count: int, arguments: Sequence[str] = ()) -> None:
        self._asked: queue.SimpleQueue[SourceText | None] = queue.SimpleQueue()
        self._made: queue.SimpleQueue[_Answer | OSError] = queue.SimpleQueue()
        self._pending_chars = 0
        self.pending = 0
        self._hands = [_Hand(arguments or command(), self._asked, self._made) for _ in range(count)]

    @property
    def is_full(self) -> bool:
        """Something should be taken before more is submitted."""
        return self.pending > _MOST_PENDING or self._pending_chars > _MOST_PENDING_CHARS

    def submit(self, source: SourceText) -> None:
        """Have a file parsed."""
        self.pending += 1
        self._pending_chars += len(source.text)
        self._asked.put(source)

    def take(self) -> "_Answer":
        """A file that is done, in the order that they get done, with its row; or with why it has
        none: FAILED for an error, CRASHES where its process died of it. Waits for one.

        Raises
        ------
        OSError
            No process can be started.
        """
        answer = self._made.get()
        if isinstance(answer, OSError):
            raise answer
        self.pending -= 1
        self._pending_chars -= len(answer[0].text)
        return answer

    def close(self) -> None:
        """End all processes, whatever they are at."""
        for hand in self._hands:
            hand.stop()
        for _ in self._hands:
            self._asked.put(None)
        for hand in self._hands:
            hand.join()


_Answer = tuple[SourceText, FileRow | Refusal]


class _Hand:
    """One process and the thread that asks it."""

    def __init__(
        self,
        arguments: Sequence[str],
        asked: "queue.SimpleQueue[SourceText | None]",
        made: "queue.SimpleQueue[_Answer | OSError]",
    ) -> None:
        self._arguments = arguments
        self._asked = asked
        self._made = made
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="parse", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """May be called from another thread; does not wait."""
        self._stopping = True
        if (process := self._process) is not None:
            process.kill()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        try:
            while (source := self._asked.get()) is not None and not self._stopping:
                self._made.put((source, self._answer(source)))
        except OSError as error:
            self._made.put(error)
        finally:
            self._end()

    def _answer(self, source: SourceText) -> FileRow | Refusal:
        process = self._process or self._started()
        assert process.stdin and process.stdout  # noqa: S101 - both are pipes
        try:
            pickle.dump(source, process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            row = pickle.load(process.stdout)  # noqa: S301 - of our own process
        except Exception:  # noqa: BLE001 - it has ended, or what it says makes no sense
            self._end()
            return Refusal.CRASHES
        return Refusal.FAILED if row is None else replace(row, text=source.text)

    def _started(self) -> subprocess.Popen[bytes]:
        """Raises OSError where it does not come to its first word: no file is to blame for that."""
        self._process = process = subprocess.Popen(  # noqa: S603 - ourselves
            self._arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # tracebacks may quote what was parsed (INV-7)
        )
        assert process.stdout  # noqa: S101 - a pipe
        with suppress(OSError, EOFError, pickle.UnpicklingError):
            if pickle.load(process.stdout) == READY:  # noqa: S301 - of our own process
                return process
        raise ChildProcessError(errno.ECHILD, "the processes that parse do not start")

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            with suppress(OSError):  # what was not flushed goes nowhere
                process.__exit__(None, None, None)
