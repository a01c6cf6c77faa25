"""Finding out once which server answers."""

import asyncio

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.learner import Learner


class _Server:
    """Counts how often it is asked, and answers as it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: ModelErrorKind | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def learn(self) -> None:
        self.asked += 1
        await self.open.wait()
        if self.failure is not None:
            raise ModelError("x", kind=self.failure)


async def test_what_is_known_is_not_asked_again_until_it_is_forgotten() -> None:
    server, learner = _Server(), Learner()
    for _ in range(3):
        await learner.settle(server.learn)
    assert server.asked == 1
    learner.forget()
    await learner.settle(server.learn)
    assert server.asked == 2


async def test_those_who_wait_share_one_asking_that_outlives_them() -> None:
    server, learner = _Server(), Learner()
    server.open.clear()
    waiting = [asyncio.create_task(learner.settle(server.learn)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    server.open.set()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert done[1:] == [None, None]
    assert server.asked == 1


@pytest.mark.parametrize("kind", [ModelErrorKind.TIMEOUT, ModelErrorKind.AUTH, ModelErrorKind.BUSY])
async def test_a_server_that_cannot_tell_now_keeps_nobody_waiting(kind: ModelErrorKind) -> None:
    server, learner = _Server(), Learner()
    server.failure = kind
    for _ in range(3):
        await learner.settle(server.learn)
    assert server.asked == 1


async def test_a_server_that_is_not_there_is_asked_by_the_next_caller() -> None:
    server, learner = _Server(), Learner()
    server.failure = ModelErrorKind.UNREACHABLE
    with pytest.raises(ModelError):
        await learner.settle(server.learn)
    server.failure = None
    await learner.settle(server.learn)
    assert server.asked == 2


async def test_closing_ends_an_asking_that_is_under_way_and_tells_who_waits() -> None:
    server, learner = _Server(), Learner()
    server.open.clear()
    waiting = asyncio.create_task(learner.settle(server.learn))
    await asyncio.sleep(0)
    await learner.aclose()
    with pytest.raises(ModelError) as caught:
        await waiting
    assert caught.value.kind is ModelErrorKind.UNREACHABLE
