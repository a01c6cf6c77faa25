"""Shared work: done once for all who wait, ended by closing alone."""

import asyncio

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.shared_work import SharedWork


class _Work:
    def __init__(self) -> None:
        self.begun = 0
        self.open = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        await self.open.wait()
        return self.begun


async def _waiting(shared: SharedWork[int], work: _Work) -> "asyncio.Task[int]":
    task = asyncio.create_task(shared.do(work))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


async def test_callers_share_one_doing_and_the_next_begins_another() -> None:
    shared, work = SharedWork[int](), _Work()
    tasks = [await _waiting(shared, work) for _ in range(3)]
    work.open.set()
    assert await asyncio.gather(*tasks) == [1, 1, 1]
    assert not shared.running
    assert await shared.do(work) == 2


async def test_work_goes_on_when_a_caller_is_cancelled() -> None:
    shared, work = SharedWork[int](), _Work()
    task = await _waiting(shared, work)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert shared.running
    work.open.set()
    assert await shared.do(work) == 1


async def test_closing_ends_the_work_and_is_told_to_who_waits_and_who_comes() -> None:
    shared, work = SharedWork[int](), _Work()
    tasks = [await _waiting(shared, work) for _ in range(2)]
    await shared.aclose()
    for call in (*tasks, shared.do(work)):
        with pytest.raises(ModelError) as caught:
            await call
        assert caught.value.kind is ModelErrorKind.UNREACHABLE
    assert work.begun == 1


async def test_who_is_cancelled_as_it_is_closed_is_cancelled() -> None:
    shared, work = SharedWork[int](), _Work()
    task = await _waiting(shared, work)
    task.cancel()
    await shared.aclose()
    with pytest.raises(asyncio.CancelledError):
        await task
