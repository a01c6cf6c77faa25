"""Preparing a backend whose model has to be tested first: one test for all who wait, ended by
closing alone, and begun again where the server went away in its midst."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models import failures
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.llamacpp import LlamaCppApi
from aicopilot_lsp.models.protocol import Prompting
from tests.models.contract import collect, request_for
from tests.support.prompting import QWEN_FROZEN


class _Test:
    """A test of the model that ends when it is let, or fails."""

    def __init__(self) -> None:
        self.begun = 0
        self.entered = asyncio.Event()
        self.open = asyncio.Event()
        self.failure: ModelError | None = None

    async def __call__(self, _: HttpBackend) -> Prompting:
        self.begun += 1
        self.entered.set()
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        return QWEN_FROZEN


@pytest.fixture
def proving() -> _Test:
    return _Test()


@pytest.fixture
async def backend(proving: _Test) -> AsyncIterator[HttpBackend]:
    async def locate() -> Endpoint:
        return Endpoint(base_url="http://127.0.0.1:1")

    made = HttpBackend(LlamaCppApi(), locate, prove=proving)
    yield made
    await made.aclose()


async def _begun(backend: HttpBackend, proving: _Test) -> "asyncio.Task[None]":
    task = asyncio.create_task(backend.prepare())
    await proving.entered.wait()
    return task


async def test_who_leaves_does_not_end_the_test(backend: HttpBackend, proving: _Test) -> None:
    leaving = await _begun(backend, proving)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    proving.open.set()
    await backend.prepare()
    assert backend.prompting is QWEN_FROZEN
    assert proving.begun == 1


async def test_closing_is_told_to_who_waits(backend: HttpBackend, proving: _Test) -> None:
    waiting = await _begun(backend, proving)
    await backend.aclose()
    for call in (waiting, backend.prepare()):
        with pytest.raises(ModelError) as caught:
            await call
        assert caught.value.kind is ModelErrorKind.UNREACHABLE
    assert proving.begun == 1


async def test_a_test_whose_server_went_away_is_done_by_the_next_caller(
    backend: HttpBackend, proving: _Test
) -> None:
    proving.failure = failures.connection_failed("http://127.0.0.1:1")
    proving.open.set()
    with pytest.raises(ModelError):
        await backend.prepare()
    proving.failure = None
    await backend.prepare()
    assert backend.prompting is QWEN_FROZEN
    assert proving.begun == 2


async def test_behind_an_outage_the_model_is_tested_again(
    backend: HttpBackend, proving: _Test
) -> None:
    proving.open.set()
    await backend.prepare()
    await backend.prepare()
    assert proving.begun == 1
    with pytest.raises(ModelError) as caught:
        await collect(backend, request_for())
    assert caught.value.kind is ModelErrorKind.UNREACHABLE
    await backend.prepare()
    await backend.prepare()
    assert proving.begun == 2
