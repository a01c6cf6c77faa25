"""A backend behind its breaker is one like any other: when it is well, and when it is probed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import pytest

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.breaker import PAUSES_S, Breaker
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.guarded import Guarded, Served
from aicopilot_lsp.models.protocol import Backend, GenerateRequest, StreamEvent, TextChunk
from tests.models.contract import BackendContract, collect, request_for, text_of
from tests.support.prompting import llamacpp_backend
from tests.support.scripted_backend import ScriptedBackend
from tests.support.scripted_llamacpp import ScriptedLlamaCpp

DOWN = ModelError("It is down.", kind=ModelErrorKind.UNREACHABLE)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def served(backend: Backend, *, probing: bool) -> tuple[Served, Clock]:
    """A model at work: well, or after a failure at the moment when a probe is due."""
    clock = Clock()
    found = Served("model", backend, Breaker(clock))
    if probing:
        found.breaker.failed(found.breaker.admit(), DOWN)
        clock.now_s = PAUSES_S[0]
    return found, clock


@pytest.fixture(params=[False, True], ids=["well", "probing"])
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[Guarded]:
    async with ScriptedLlamaCpp(key="sk-test") as server:
        server.answer("a + b * c")

        async def locate() -> Endpoint:
            return Endpoint(base_url=server.url, key=Secret("sk-test"))

        found, _ = served(llamacpp_backend(locate), probing=request.param)
        yield found.guarded(on_purpose=False)
        await found.aclose()


class TestContract(BackendContract):
    """It keeps the contract, whatever is between."""


async def test_a_tokenizer_that_has_no_answer_pauses_nothing_and_one_out_of_reach_does() -> None:
    for kind, pauses in ((ModelErrorKind.REJECTED, False), (ModelErrorKind.UNREACHABLE, True)):
        model = ScriptedBackend("y")

        async def fail(text: str, kind: ModelErrorKind = kind) -> tuple[str, ...] | None:
            raise ModelError("No.", kind=kind)

        model.tokenize = fail  # type: ignore[method-assign]
        found, _ = served(model, probing=False)
        with pytest.raises(ModelError):
            await found.guarded(on_purpose=False).tokenize("x")
        assert found.breaker.open is pauses


async def test_a_model_that_fails_to_get_ready_pauses_its_other_calls_too() -> None:
    model = ScriptedBackend("y")

    async def fail() -> None:
        raise DOWN

    model.prepare = fail  # type: ignore[method-assign]
    found, _ = served(model, probing=False)
    with pytest.raises(ModelError):
        await found.guarded(on_purpose=False).prepare()
    for call in (lambda one: one.tokenize("x"), lambda one: collect(one, request_for())):
        with pytest.raises(ModelError) as caught:
            await call(found.guarded(on_purpose=False))
        assert caught.value.asked is False
    assert model.requests == []


async def test_getting_ready_is_no_sign_of_life() -> None:
    found, _ = served(ScriptedBackend("y"), probing=True)
    guarded = found.guarded(on_purpose=False)
    await guarded.prepare()
    assert found.breaker.open
    assert text_of(await collect(guarded, request_for())) == "y"
    assert not found.breaker.open


class Reading(ScriptedBackend):
    """Tells that it reads the prompt, and writes nothing."""

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent, None]:
        self.requests.append(request)
        yield TextChunk("")
        await asyncio.Event().wait()


async def test_a_model_that_reads_for_too_long_has_had_its_share_and_yet_lives() -> None:
    found, _ = served(Reading(), probing=True)
    stream = found.guarded(on_purpose=False).generate(request_for(begin_within_s=0.05))
    async with aclosing(stream):
        await anext(stream)
        assert not found.breaker.open
        with pytest.raises(ModelError) as caught:
            await anext(stream)
    assert caught.value.kind is ModelErrorKind.TIMEOUT
    assert found.breaker.open


async def test_a_probe_that_nobody_waits_for_ends_at_its_deadline() -> None:
    model = ScriptedBackend("yes")
    model.hold()
    found, _ = served(model, probing=True)
    request = request_for(deadline_s=0.05)
    task = asyncio.create_task(collect(found.guarded(on_purpose=False), request))
    await model.asked.wait()
    task.cancel()
    await asyncio.wait((task,))
    (probe,) = found.probes
    await probe
    assert (model.closed_early, found.probes, found.breaker.open) == (1, set(), True)


async def test_a_long_answer_that_has_begun_in_time_is_not_cut() -> None:
    model = ScriptedBackend("yes")
    found, _ = served(model, probing=False)
    stream = found.guarded(on_purpose=False).generate(request_for(begin_within_s=0.05))
    async with aclosing(stream):
        await anext(stream)
        model.hold()
        rest = asyncio.create_task(collect_rest(stream))
        done, _ = await asyncio.wait((rest,), timeout=0.1)
        assert not done
        model.gate.set()
        assert text_of(await rest) == "es"


async def collect_rest(stream: AsyncGenerator[StreamEvent, None]) -> list[StreamEvent]:
    return [event async for event in stream]
