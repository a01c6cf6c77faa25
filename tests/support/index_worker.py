"""A worker of the index in its own process, and its parent's side of the pipe."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from aicopilot_lsp.context.index.wire import Command, Event, Job, Say, command


class IndexWorker:
    """A worker that runs until the end of the `with`.

    Parameters
    ----------
    module : str or None
        Run in the worker's place: one of those in tests/support that make it misbehave.
    """

    def __init__(self, job: Job, module: str | None = None) -> None:
        arguments = command() if module is None else [sys.executable, "-m", module]
        self._database = Path(job.database)
        self._database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # One of the tests' modules is found from the root of the repository.
        here = self._database.parent if module is None else Path(__file__).parents[2]
        self.process = subprocess.Popen(
            arguments,
            cwd=here,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdin and self.process.stdout
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        self._send(job.to_line())

    def tell(self, told: Command) -> None:
        self._send(told.to_line())

    def events(self) -> Iterator[Event]:
        """Until it ends."""
        for line in self._stdout:
            yield Event.from_line(line)

    def until(self, say: Say) -> Event:
        """The next event of this kind; fails the test if the worker ends before."""
        for event in self.events():
            if event.say is say:
                return event
        raise AssertionError(f"ended with {self.process.wait()} and said no {say}")

    def end(self) -> int:
        """Close its stdin and wait; the exit code."""
        self._stdin.close()
        self._stdout.read()
        return self.process.wait()

    def _send(self, line: bytes) -> None:
        self._stdin.write(line)
        self._stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._stdout.close()
        with contextlib.suppress(OSError):  # what was not flushed goes nowhere
            self._stdin.close()
