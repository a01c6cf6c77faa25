"""Progress of a first index: after a second, once a second, and never left standing."""

import asyncio
from pathlib import Path
from typing import Any

from aicopilot_lsp.context.index.service import State, Status
from aicopilot_lsp.lsp.index_progress import IndexProgress
from aicopilot_lsp.lsp.progress import Progress
from tests.lsp.test_model_progress import FakeClient

ROOT = Path("/w/shop")


async def shown(client: FakeClient, *statuses: Status | None) -> list[tuple[Any, ...]]:
    """What is said where each of `statuses` (None: nothing new) comes a second after the last."""
    tasks: list[asyncio.Task[None]] = []
    waiting = list(statuses)

    async def sleep(seconds: float) -> None:
        assert seconds == 1.0
        if status := waiting.pop(0):
            progress.changed(status)

    progress = IndexProgress(
        Progress(client, lambda work: tasks.append(asyncio.ensure_future(work)), sleep=sleep)
    )
    progress.changed(Status(root=ROOT, state=State.SCANNING))
    await asyncio.gather(*tasks)
    return [
        (value.kind, getattr(value, "percentage", None), getattr(value, "message", None))
        for value in client.told
    ]


def scanning(done: int) -> Status:
    return Status(root=ROOT, state=State.SCANNING, done=done, total=4000)


READY = Status(root=ROOT, state=State.READY)


async def test_a_long_scan_is_shown_from_begin_to_end() -> None:
    said = await shown(FakeClient(), scanning(1000), scanning(2000), None, READY)
    assert said == [
        ("begin", 25, "1,000 of 4,000 files"),
        ("report", 50, "2,000 of 4,000 files"),
        ("end", None, None),
    ]


async def test_a_scan_of_less_than_a_second_shows_nothing() -> None:
    client = FakeClient()
    assert await shown(client, READY) == []
    assert client.asked == []


async def test_a_client_that_refuses_is_left_alone() -> None:
    assert await shown(FakeClient(refuses=True), scanning(1)) == []
