"""The backend for text-generation-inference against a server that keeps to its API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, Secret
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import Finished, FinishReason, Healing, TextChunk
from aicopilot_lsp.models.tgi import create
from aicopilot_lsp.plugins import BackendContext
from tests.models.contract import BackendContract, answered, collect, ready_request, text_of
from tests.support.services import tgi
from tests.support.services.base import Exchange, Service

_CONTEXT = BackendContext(
    embedded=EmbeddedSettings(), state_dir=Path("/none"), cache_dir=Path("/none")
)
_PATH = "/generate_stream"


@asynccontextmanager
async def _asked(service: Service, **fields: Any) -> AsyncIterator[HttpBackend]:
    async with service:
        service.answer("a + b  # sum")
        known: dict[str, Any] = {"url": service.url, "fim_format": "qwen2.5-coder"}
        backend = create(ModelSettings(name="m", provider="tgi", **(known | fields)), _CONTEXT)
        try:
            yield backend
        finally:
            await backend.aclose()


class TestContract(BackendContract):
    """It keeps the contract."""

    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with _asked(tgi.tgi()) as backend:
            yield backend


class TestContractWithoutGrammars(BackendContract):
    """Also where healing is checked, and offsets are those of bytes."""

    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        service = tgi.tgi(takes_grammars=False, in_bytes=True, max_stops=0)
        async with _asked(service) as backend:
            with pytest.raises(ModelError):
                await answered(backend, must_begin_with="x")
            yield backend


async def test_a_prompt_is_sent_byte_for_byte() -> None:
    async with _asked(
        service := tgi.tgi(key="canary-key-right"), api_key=Secret("canary-key-right")
    ) as backend:
        request = await ready_request(
            backend,
            prompt="<fim_prefix>a<fim_suffix>é<fim_middle>re",
            must_begin_with="re.",
            stop=("\n\n", "<file_sep>", "1", "2", "3"),
        )
        await collect(backend, request)
    (sent,) = service.asked(_PATH)
    assert sent.raw.decode() == (
        '{"inputs":"<fim_prefix>a<fim_suffix>é<fim_middle>re","parameters":{"max_new_tokens":8,'
        '"do_sample":false,"return_full_text":false,"details":true,'
        '"stop":["\\n\\n","<file_sep>","1","2"],'
        '"grammar":{"type":"regex","value":"re\\\\.[\\\\s\\\\S]*"}}}'
    )


async def test_a_temperature_is_sent_only_where_there_is_one() -> None:
    async with _asked(service := tgi.tgi()) as backend:
        await answered(backend, temperature=0.2)
    parameters = service.asked(_PATH)[0].body["parameters"]
    assert (parameters["do_sample"], parameters["temperature"]) == (True, 0.2)


@pytest.mark.parametrize("max_stops", [0, 1, 6])
async def test_as_many_stop_strings_are_sent_as_the_server_says_it_takes(max_stops: int) -> None:
    stops = ("1", "2", "3", "4", "5", "6", "  #")
    async with _asked(service := tgi.tgi(max_stops=max_stops)) as backend:
        events = await answered(backend, stop=stops)
    assert text_of(events) == "a + b"
    sent = service.asked(_PATH)[0].body["parameters"].get("stop", [])
    assert sent == list(stops[:max_stops])


async def test_a_stop_string_that_the_server_leaves_in_the_text_is_taken_off() -> None:
    async with _asked(tgi.tgi()) as backend:
        events = await answered(backend, stop=("  ",))
    assert text_of(events) == "a + b"
    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.STOP


async def test_the_cost_comes_with_the_end() -> None:
    async with _asked(tgi.tgi()) as backend:
        last = (await answered(backend, max_tokens=32))[-1]
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.END
    assert last.usage.generated_tokens == 9
    assert last.usage.prompt_tokens
    assert last.usage.cached_tokens is None


def _events(*events: Any) -> Service:
    """A server that says just these."""
    service = tgi.tgi()

    @service.route("POST", _PATH)
    async def generate(exchange: Exchange) -> None:
        async with exchange.stream("text/event-stream") as stream:
            for event in events:
                await stream.event(event)

    return service


async def test_control_tokens_are_no_text_and_end_the_answer_where_they_are_to() -> None:
    service = _events(
        {"token": {"text": "x", "special": False}},
        {"token": {"text": "<fim_pad>", "special": True}},
        {"token": {"text": " y", "special": False}},
        {"token": {"text": "<file_sep>", "special": True}},
        {"token": {"text": "z", "special": False}},
    )
    async with _asked(service) as backend:
        events = await answered(backend, stop=("1", "2", "3", "4", "<file_sep>"))
    assert text_of(events) == "x y"
    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.STOP


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("overloaded", 429, ModelErrorKind.BUSY),
        ("validation", 422, ModelErrorKind.REJECTED),
        ("generation", 424, ModelErrorKind.SERVER),
        ("incomplete_generation", 500, ModelErrorKind.SERVER),
        ("something new", 500, ModelErrorKind.SERVER),
    ],
)
@pytest.mark.parametrize("begun", [True, False], ids=["as an event", "as a status"])
async def test_refusals_become_the_right_errors_and_are_not_repeated(
    kind: str, status: int, expected: ModelErrorKind, begun: bool
) -> None:
    async with _asked(service := tgi.tgi()) as backend:
        error = tgi.error_body(kind, "canary in the words")
        service.answer("x", status=200 if begun else status, error=error)
        with pytest.raises(ModelError) as caught:
            await answered(backend)
    assert caught.value.kind is expected
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"token": {"text": 7}}, ModelErrorKind.PROTOCOL),
        ("[]", ModelErrorKind.PROTOCOL),
        ({"token": None}, ModelErrorKind.INTERRUPTED),
    ],
)
async def test_events_that_are_no_answer_become_the_right_errors(
    event: Any, kind: ModelErrorKind
) -> None:
    async with _asked(_events(event)) as backend:
        with pytest.raises(ModelError) as caught:
            await answered(backend)
    assert caught.value.kind is kind


async def test_a_server_without_grammars_is_sent_one_and_then_no_more() -> None:
    async with _asked(tgi.tgi(takes_grammars=False)) as backend:
        healing = [backend.prompting.healing]
        with pytest.raises(ModelError, match="takes no grammars") as caught:
            await answered(backend, must_begin_with="x")
        assert caught.value.kind is ModelErrorKind.REJECTED
        healing.append(backend.prompting.healing)
        assert healing == [Healing.CONSTRAINED, Healing.CHECKED]
        assert (
            text_of(await answered(backend, must_begin_with="x", max_tokens=32)) == "a + b  # sum"
        )


async def test_a_prompt_that_is_too_long_says_what_to_do() -> None:
    async with _asked(tgi.tgi()) as backend:
        with pytest.raises(ModelError, match="Lower max_prompt_tokens") as caught:
            await answered(backend, "a " * 4096)
    assert caught.value.kind is ModelErrorKind.REJECTED


@pytest.mark.parametrize("in_bytes", [False, True])
async def test_tokens_are_cut_where_they_stand_in_the_text(in_bytes: bool) -> None:
    text = "def f(x):\n\treturn 'é😀🈚'\r\n"
    async with _asked(tgi.tgi(in_bytes=in_bytes)) as backend:
        pieces = await backend.tokenize(text)
    assert pieces is not None
    assert pieces[:4] == ("def", " ", "f", "(")
    assert "".join(pieces) == text


async def test_a_server_without_a_fast_tokenizer_is_not_asked_again() -> None:
    service = tgi.tgi()

    @service.route("POST", "/tokenize")
    async def tokenize(exchange: Exchange) -> None:
        await exchange.json(
            tgi.error_body("no fast tokenizer", "No fast tokenizer available"), status=404
        )

    async with _asked(service) as backend:
        assert await backend.tokenize("a") is None
        assert await backend.tokenize("b") is None
    assert len(service.asked("/tokenize")) == 1


async def test_tells_model_window_and_version() -> None:
    async with _asked(service := tgi.tgi()) as backend:
        info = await backend.describe()
        assert info.endpoint == service.url
    assert info.model == tgi.MODEL
    assert info.context_tokens == 4096
    assert info.details == "TGI 3.3.4, prompts to 4,095 tokens"


async def test_leaving_an_answer_frees_the_server() -> None:
    async with _asked(service := tgi.tgi()) as backend:
        service.hold(after_tokens=2)
        stream = backend.generate(await ready_request(backend))
        assert isinstance(await anext(stream), TextChunk)
        sent = await service.next_request(_PATH)
        await stream.aclose()
        await sent.client_gone.wait()
    assert not sent.finished


def test_a_way_of_asking_that_it_has_not_is_refused_at_once() -> None:
    for name in ("native", "chat"):
        settings = ModelSettings(name="m", provider="tgi", url="http://h:1", fim_format=name)
        with pytest.raises(ConfigError, match="has no use for"):
            create(settings, _CONTEXT)
