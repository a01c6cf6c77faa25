"""Building an index anew, with a worker that a test plays."""

import asyncio
from pathlib import Path

import pytest

from aicopilot_lsp.context.index import rebuild as under_test
from aicopilot_lsp.context.index.wire import Event, Job, Say


class _Input:
    def write(self, line: bytes) -> None:
        pass


class _Worker:
    """Has said all, and is gone; that it is gone is known only to who waits."""

    def __init__(self) -> None:
        self.stdin, self.stdout = _Input(), asyncio.StreamReader()
        for say in (Say.STARTED, Say.STARTED):
            self.stdout.feed_data(Event(say=say).to_line())
        self.stdout.feed_data(Event(say=Say.FINISHED, files=3).to_line())
        self.stdout.feed_eof()
        self.returncode: int | None = None
        self.killed = 0

    def kill(self) -> None:
        self.killed += 1

    async def wait(self) -> int:
        self.returncode = 0
        return 0


async def test_a_worker_that_ends_by_itself_is_not_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workers: list[_Worker] = []

    async def start(_: Path) -> _Worker:
        workers.append(_Worker())
        return workers[-1]

    monkeypatch.setattr(under_test, "start_worker", start)
    job = Job(root=str(tmp_path), database=str(tmp_path / "x"), watch=False)
    finished = await under_test.rebuild(job, lambda _: None)
    assert finished.files == 3
    assert [worker.killed for worker in workers] == [0]
