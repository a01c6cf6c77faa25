"""Superseding: only the newest claim is worked on, and the older are answered at once."""

import asyncio

import pytest

from aicopilot_lsp.completion.types import OutcomeKind
from aicopilot_lsp.lsp.latest import Latest


class Work:
    """Counts what begins and how it ends; unwinds only when it is let."""

    def __init__(self) -> None:
        self.begun = 0
        self.reasons: list[str] = []
        self.go, self.unwind = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> str:
        self.begun += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError as error:
            self.reasons += map(str, error.args)
            await self.unwind.wait()
            raise
        return "done"


def ignore(_: OutcomeKind) -> None:
    pass


async def test_a_superseded_request_is_answered_before_its_work_has_unwound() -> None:
    latest, work = Latest(), Work()
    older = asyncio.create_task(latest.claim("a", ignore).run(work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    latest.claim("a", ignore)
    assert await older is None
    assert latest.working == 1
    work.unwind.set()
    await latest.unwound()
    assert work.reasons == ["superseded"]
    assert latest.working == 0


async def test_what_is_superseded_before_it_begins_never_begins() -> None:
    latest, work = Latest(), Work()
    claims = [latest.claim("a", ignore) for _ in range(10)]
    tasks = [asyncio.create_task(claim.run(work())) for claim in claims]
    work.go.set()
    assert await asyncio.gather(*tasks) == [None] * 9 + ["done"]
    assert work.begun == 1


async def test_cancelling_the_request_cancels_the_work_without_waiting() -> None:
    latest, work = Latest(), Work()
    task = asyncio.create_task(latest.claim("a", ignore).run(work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    work.unwind.set()
    await latest.unwound()
    assert work.reasons == []


async def test_an_error_of_the_work_is_the_requests() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Latest().claim("a", ignore).run(fail())


async def test_keys_do_not_disturb_each_other() -> None:
    latest, work = Latest(), Work()
    work.go.set()
    one, two = latest.claim("a", ignore), latest.claim("b", ignore)
    assert await one.run(work()) == await two.run(work()) == "done"


async def test_work_that_never_took_a_step_is_reported_with_the_reason() -> None:
    latest, work = Latest(), Work()
    seen: list[OutcomeKind] = []
    superseded = latest.claim("a", seen.append)
    latest.claim("a", seen.append)
    assert await superseded.run(work()) is None  # before it ran
    assert seen == [OutcomeKind.SUPERSEDED]

    task = asyncio.create_task(latest.claim("b", seen.append).run(work()))
    await asyncio.sleep(0)  # its work is a task that waits for its turn
    latest.drop("b")
    assert await task is None
    await latest.unwound()
    assert seen == [OutcomeKind.SUPERSEDED] * 2
    assert work.begun == 0


async def test_work_that_cancels_itself_is_no_cancelled_request() -> None:
    async def work() -> str:
        raise asyncio.CancelledError

    assert await Latest().claim("a", ignore).run(work()) is None
