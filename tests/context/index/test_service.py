"""What becomes of the worker: real processes that follow a script, and pauses that take no time."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.context.index.service import (
    FIRST_PAUSE_S,
    MAX_CRASHES,
    MAX_PAUSE_S,
    IndexService,
    State,
    Status,
)
from aicopilot_lsp.context.index.wire import EXIT_UNUSABLE, Job

REPOSITORY = Path(__file__).parents[3]
STARTED = {"say": "started"}
FINISHED = {"say": "finished", "files": 7, "left_out": {"secret-name": 2}}


class Bench:
    """A service whose worker follows a script, and all that it said."""

    def __init__(self, folder: Path, *script: list[Any]) -> None:
        self.folder = folder
        (folder / "script.json").write_text(json.dumps(script))
        self.statuses: list[Status] = []
        self.pauses: list[float] = []
        self.now_s = 0.0
        self._changed = asyncio.Event()
        self.service = IndexService(
            Job(root="/w", database=str(folder / "index" / "w.sqlite3")),
            self._note,
            start=self._start,
            pause=self._pause,
            clock=lambda: self.now_s,
        )

    @property
    def told(self) -> list[dict[str, Any]]:
        path = self.folder / "told"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line.partition(" ")[2]) for line in lines]

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def until_state(self, state: State) -> Status:
        await self.until(lambda: self.service.status.state is state)
        return self.service.status

    async def _start(self, _: Path) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.support.scripted_worker",
            str(self.folder),
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._changed.set()

    def _note(self, status: Status) -> None:
        self.statuses.append(status)
        self._changed.set()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Callable[..., Bench]]:
    benches: list[Bench] = []

    def make(*script: list[Any]) -> Bench:
        benches.append(Bench(tmp_path, *script))
        benches[-1].service.begin()
        return benches[-1]

    yield make
    for one in benches:
        await one.service.aclose()


async def test_progress_is_told_until_the_first_scan_is_through(
    bench: Callable[..., Bench],
) -> None:
    progress = {"say": "progress", "done": 3, "total": 9}
    one = bench([STARTED, progress, FINISHED, "listen"])
    await one.service.settled()
    assert [(each.state, each.done, each.total) for each in one.statuses[:-1]] == [
        (State.SCANNING, 0, 0),
        (State.SCANNING, 3, 9),
    ]
    last = one.service.status
    assert (last.state, last.files, last.left_out) == (State.READY, 7, {"secret-name": 2})
    assert one.told[0]["root"] == "/w"


async def test_a_command_does_not_wait_for_a_worker_that_is_stuck(
    bench: Callable[..., Bench],
) -> None:
    trouble = {"say": "trouble", "message": "The disk is full."}
    one = bench([STARTED, trouble, {"say": "stuck"}, "listen"])
    await one.service.settled()
    status = one.service.status
    assert (status.state, status.reason) == (State.FAILED, "The disk is full.")


async def test_changes_are_handed_on_and_the_end_is_said(bench: Callable[..., Bench]) -> None:
    one = bench([FINISHED, "listen"])
    await one.service.settled()
    one.service.changed(["a.py", "b/c.py"])
    one.service.changed([])
    one.service.rebuild()
    await one.service.aclose()
    assert [(told["do"], told["paths"]) for told in one.told[1:]] == [
        ("changed", ["a.py", "b/c.py"]),
        ("rebuild", []),
        ("stop", []),
    ]
    assert one.service.pid is None
    assert one.pauses == [], "an end on purpose is no crash"


async def test_a_worker_that_hangs_is_killed_in_the_end(bench: Callable[..., Bench]) -> None:
    one = bench([FINISHED, "hang"])
    await one.service.settled()
    pid = one.service.pid
    assert pid is not None
    await one.service.aclose()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_worker_that_was_killed_is_started_again(bench: Callable[..., Bench]) -> None:
    one = bench([FINISHED, "listen"], [STARTED, {"say": "finished", "files": 8}, "listen"])
    await one.service.settled()
    assert one.service.pid is not None
    os.kill(one.service.pid, signal.SIGKILL)
    await one.until(lambda: one.service.status.files == 8)
    assert one.pauses == [FIRST_PAUSE_S]
    assert [told["root"] for told in one.told if "root" in told] == ["/w", "/w"]


async def test_pauses_grow_and_end_with_a_reason_that_is_told_once(
    bench: Callable[..., Bench],
) -> None:
    one = bench(["exit 9"])
    status = await one.until_state(State.FAILED)
    assert one.pauses[:4] == [FIRST_PAUSE_S, 1.0, 2.0, 4.0]
    assert one.pauses[-1] == MAX_PAUSE_S
    assert len(one.pauses) == MAX_CRASHES - 1
    assert f"ended {MAX_CRASHES} times" in status.reason
    assert "Suggestions come as before" in status.reason
    assert "`aicopilot index rebuild`" in status.reason
    assert [each.state for each in one.statuses].count(State.FAILED) == 1
    await one.service.settled()  # another folder's turn may come


async def test_a_worker_that_lived_long_before_it_crashed_starts_without_a_grown_pause(
    bench: Callable[..., Bench],
) -> None:
    one = bench(["exit 9"], ["exit 9"], [FINISHED, "listen"], [FINISHED, "listen"])
    await one.service.settled()
    one.now_s += 3600
    assert one.service.pid is not None
    os.kill(one.service.pid, signal.SIGKILL)
    await one.until(lambda: len(one.pauses) == 3)
    assert one.pauses == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, FIRST_PAUSE_S]


async def test_a_worker_that_says_it_is_of_no_use_is_left_alone(
    bench: Callable[..., Bench],
) -> None:
    trouble = {"say": "trouble", "message": "The disk is write-protected."}
    one = bench([trouble, f"exit {EXIT_UNUSABLE}"])
    status = await one.until_state(State.FAILED)
    assert status.reason.startswith("The disk is write-protected. Suggestions come as before")
    assert one.pauses == []


async def test_another_editors_worker_does_the_work_as_well(bench: Callable[..., Bench]) -> None:
    one = bench([{"say": "waiting"}, "listen"])
    await one.service.settled()
    status = one.service.status
    assert status.state is State.READY
    assert "Another editor's server keeps this index" in status.reason


async def test_one_that_speaks_nonsense_counts_as_crashed(bench: Callable[..., Bench]) -> None:
    one = bench(["nonsense", "hang"], [{"say": "dance"}, "hang"], [FINISHED, "listen"])
    await one.service.settled()
    assert len(one.pauses) == 2


async def test_one_that_cannot_be_started_is_tried_again_and_given_up(tmp_path: Path) -> None:
    async def refused(_: Path) -> asyncio.subprocess.Process:
        raise PermissionError(13, "Permission denied")

    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    service = IndexService(
        Job(root="/w", database=str(tmp_path / "w")), lambda _: None, start=refused, pause=pause
    )
    service.begin()
    await service.settled()
    assert service.status.state is State.FAILED
    assert len(pauses) == MAX_CRASHES - 1
    await service.aclose()
