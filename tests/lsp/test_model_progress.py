"""Progress while the model is loaded: after a second, once a load, and never left standing."""

import asyncio
from typing import Any

from lsprotocol import types

from aicopilot_lsp.lsp.model_progress import ModelProgress
from aicopilot_lsp.lsp.progress import Progress
from aicopilot_lsp.lsp.protocol import ClientError


class Loading:
    """An engine that is being started for as many looks as it is told."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    @property
    def starting(self) -> bool:
        self.looks -= 1
        return self.looks >= 0


class FakeClient:
    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.asked: list[str] = []
        self.told: list[Any] = []

    async def ask(self, method: str, params: Any, *, timeout_s: float) -> Any:
        self.asked.append(method)
        if self.refuses:
            raise ClientError("no")

    def notify(self, method: str, params: Any | None = None) -> None:
        assert params is not None
        self.told.append(params.value)


async def shown(client: FakeClient, engine: Any, *, requests: int = 1) -> list[str]:
    tasks: list[asyncio.Task[None]] = []
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    def in_background(work: Any) -> None:
        tasks.append(asyncio.ensure_future(work))

    progress = ModelProgress(Progress(client, in_background, sleep=sleep))
    for _ in range(requests):
        progress.watch(engine)
    await asyncio.gather(*tasks)
    assert slept[0] == 1.0
    return [value.kind for value in client.told]


async def test_a_load_of_over_a_second_is_shown_from_begin_to_end() -> None:
    client = FakeClient()
    assert await shown(client, Loading(3)) == ["begin", "end"]
    assert client.asked == [types.WINDOW_WORK_DONE_PROGRESS_CREATE]


async def test_a_model_that_is_there_shows_nothing() -> None:
    client = FakeClient()
    assert await shown(client, Loading(0)) == []
    assert client.asked == []


async def test_many_requests_show_one_load() -> None:
    client = FakeClient()
    assert await shown(client, Loading(3), requests=5) == ["begin", "end"]


async def test_a_client_that_refuses_is_left_alone() -> None:
    assert await shown(FakeClient(refuses=True), Loading(3)) == []
