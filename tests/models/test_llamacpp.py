"""The llama.cpp backend against a scripted server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, Secret
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models import httpbackend
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.llamacpp import LlamaCppApi, create
from aicopilot_lsp.models.llamacpp_wire import usage
from aicopilot_lsp.models.protocol import (
    Backend,
    Finished,
    FinishReason,
    GenerateRequest,
    Healing,
    Hole,
    Mode,
    Prompting,
    Snippet,
    TextChunk,
)
from aicopilot_lsp.plugins import BackendContext
from tests.models.contract import BackendContract, collect, request_for, text_of
from tests.support.prompting import QWEN_FROZEN, llamacpp_backend
from tests.support.scripted_llamacpp import ScriptedLlamaCpp

_CONTEXT = BackendContext(
    embedded=EmbeddedSettings(), state_dir=Path("/none"), cache_dir=Path("/none")
)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedLlamaCpp]:
    async with ScriptedLlamaCpp(key="canary-key-right") as server:
        server.answer("a + b  # sum")
        yield server


@pytest.fixture
async def backend(server: ScriptedLlamaCpp) -> AsyncIterator[Backend]:
    settings = ModelSettings(
        name="m",
        provider="llama.cpp",
        fim_format="qwen2.5-coder",
        url=server.url + "/",
        api_key=Secret("canary-key-right"),
    )
    backend = create(settings, _CONTEXT)
    yield backend
    await backend.aclose()


class TestContract(BackendContract):
    """It keeps the contract."""


async def test_asks_for_a_streamed_and_cached_completion(
    backend: Backend, server: ScriptedLlamaCpp
) -> None:
    await collect(backend, request_for(stop=("\n\n",), temperature=0.2))
    body = server.completions[0].body
    assert body["stream"] is True
    assert body["cache_prompt"] is True
    assert body["n_predict"] == 8
    assert body["stop"] == ["\n\n"]
    assert body["temperature"] == 0.2
    assert "grammar" not in body
    assert "id_slot" not in body


async def test_heals_with_a_grammar_and_leaves_the_healed_text_in_the_answer(
    backend: Backend, server: ScriptedLlamaCpp
) -> None:
    server.answer("er.start()")
    events = await collect(
        backend, request_for(max_tokens=32, must_begin_with='"se\\rv\n\t\x01é😀')
    )
    assert text_of(events).startswith('"se\\rv\n\t\x01é😀er')
    assert server.completions[0].body["grammar"] == (
        'root ::= "\\"se\\\\rv\\n\\t\\x01\\xE9\\U0001F600" [^\\x00]*'
    )


async def test_tells_what_reading_the_prompt_has_cost_before_the_first_token(
    backend: Backend, server: ScriptedLlamaCpp
) -> None:
    progress, *chunks, last = await collect(backend, request_for("a b c "))
    assert isinstance(progress, TextChunk)
    assert isinstance(last, Finished)
    assert not progress.text
    assert all(isinstance(chunk, TextChunk) and chunk.text for chunk in chunks)
    assert progress.usage is not None
    assert progress.usage.prefill_ms == last.usage.prefill_ms
    assert progress.usage.prompt_tokens == last.usage.prompt_tokens


def test_half_a_prompt_read_is_told_as_half_of_the_whole() -> None:
    told = usage(
        {
            "tokens_evaluated": 459,
            "timings": {"cache_n": 10, "prompt_n": 64, "prompt_ms": 469.9, "predicted_n": 0},
            "prompt_progress": {"total": 459, "cache": 10, "processed": 74, "time_ms": 469},
        }
    )
    assert (told.prompt_tokens, told.cached_tokens, told.evaluated_tokens) == (459, 10, 64)
    assert told.prefill_ms == 469.9


async def test_finding_the_server_does_not_count_in_the_time_for_describing_it(
    server: ScriptedLlamaCpp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(httpbackend, "_DESCRIBE_S", 0.0)

    async def locate() -> Endpoint:
        monkeypatch.setattr(httpbackend, "_DESCRIBE_S", 30.0)
        return Endpoint(base_url=server.url, key=Secret("canary-key-right"))

    backend = llamacpp_backend(locate)
    assert (await backend.describe()).model
    await backend.aclose()


async def test_another_models_tokens_are_asked_for_again(
    server: ScriptedLlamaCpp,
) -> None:
    async def locate() -> Endpoint:
        return Endpoint(base_url=server.url, key=Secret("canary-key-right"))

    backend = llamacpp_backend(locate)
    for _ in range(2):
        await backend.tokenize("a b")
    backend.serve(model="other", prompting=QWEN_FROZEN)
    await backend.tokenize("a b")
    assert [request.path for request in server.requests] == ["/tokenize"] * 2
    assert backend.model == "other"
    await backend.aclose()


async def test_tells_cached_and_evaluated_tokens(
    backend: Backend, server: ScriptedLlamaCpp
) -> None:
    await collect(backend, request_for("a b c "))
    last = (await collect(backend, request_for("a b c ")))[-1]
    assert isinstance(last, Finished)
    usage = last.usage
    assert usage.evaluated_tokens == 1
    assert usage.cached_tokens == (usage.prompt_tokens or 0) - 1
    assert (usage.prefill_ms, usage.decode_ms) == (1.0, 80.0)


async def test_tells_the_cost_with_each_piece_for_those_who_leave_early(
    backend: Backend, server: ScriptedLlamaCpp
) -> None:
    async with aclosing(backend.generate(request_for())) as stream:
        await anext(stream)  # how the prompt was read
        first = await anext(stream)
    assert isinstance(first, TextChunk)
    assert first.usage is not None
    assert first.usage.generated_tokens == 1
    assert first.usage.evaluated_tokens


async def test_the_end_of_the_text_is_no_limit(backend: Backend, server: ScriptedLlamaCpp) -> None:
    server.answer("x")
    last = (await collect(backend, request_for()))[-1]
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.END


async def test_a_finished_call_leaves_its_connection_for_the_next(
    backend: Backend, server: ScriptedLlamaCpp
) -> None:
    for _ in range(3):
        await collect(backend, request_for())
    await backend.tokenize("x y")
    assert server.connections == 1


async def test_closing_the_stream_closes_the_connection(
    backend: Backend, server: ScriptedLlamaCpp
) -> None:
    server.hold(after_tokens=2)
    stream = backend.generate(request_for())
    assert isinstance(await anext(stream), TextChunk)
    request = await server.next_completion()
    await stream.aclose()
    await request.client_gone.wait()
    assert request.tokens_sent <= 2
    assert not request.finished


@pytest.mark.parametrize("after_tokens", [0, 2])
async def test_cancelling_the_task_closes_the_connection(
    backend: Backend, server: ScriptedLlamaCpp, after_tokens: int
) -> None:
    server.hold(after_tokens=after_tokens)
    task = asyncio.create_task(collect(backend, request_for()))
    request = await server.next_completion()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await request.client_gone.wait()
    assert not request.finished


async def test_tokenizes_a_text_once(backend: Backend, server: ScriptedLlamaCpp) -> None:
    assert await backend.tokenize("def f") == ("def", " ", "f")
    assert await backend.tokenize("def f") == ("def", " ", "f")
    (request,) = server.requests
    assert request.body["parse_special"] is False


async def test_describes_model_context_and_server(
    backend: Backend, server: ScriptedLlamaCpp
) -> None:
    info = await backend.describe()
    assert info.model == "scripted.gguf"
    assert info.context_tokens == 4096
    assert info.endpoint == server.url
    assert info.details == "1 slot, llama.cpp scripted"


async def test_leaves_the_layout_to_the_server_when_told_to(server: ScriptedLlamaCpp) -> None:
    async def locate() -> Endpoint:
        return Endpoint(base_url=server.url, key=Secret("canary-key-right"))

    native = Prompting(mode=Mode.NATIVE, healing=Healing.CONSTRAINED)
    backend = HttpBackend(LlamaCppApi(id_slot=0), locate, prompting=native)
    snippets = (Snippet("a.py", "x = 1"),)
    hole = Hole(prefix="pre", suffix="suf", middle="mid", snippets=snippets)
    request = GenerateRequest(hole=hole, max_tokens=8, deadline_s=30.0)
    assert text_of(await collect(backend, request)).startswith("a + b")
    body = server.completions[0].body
    assert (body["input_prefix"], body["input_suffix"], body["prompt"]) == ("premid", "suf", "")
    assert body["input_extra"] == [{"filename": "a.py", "text": "x = 1"}]
    assert body["id_slot"] == 0
    await backend.aclose()


async def test_an_answer_without_its_last_event_was_interrupted(
    backend: Backend, server: ScriptedLlamaCpp
) -> None:
    server.answer("a b c", cut=True)
    with pytest.raises(ModelError) as caught:
        await collect(backend, request_for())
    assert caught.value.kind is ModelErrorKind.INTERRUPTED


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (503, {"type": "unavailable_error", "message": "Loading model"}, ModelErrorKind.STARTING),
        (503, {"type": "unavailable_error"}, ModelErrorKind.BUSY),
        (400, {"type": "invalid_request_error"}, ModelErrorKind.REJECTED),
        (500, {"type": "server_error"}, ModelErrorKind.SERVER),
    ],
)
async def test_error_answers_become_model_errors(
    backend: Backend,
    server: ScriptedLlamaCpp,
    status: int,
    error: dict[str, str],
    kind: ModelErrorKind,
) -> None:
    server.answer(status=status, error=error)
    with pytest.raises(ModelError) as caught:
        await collect(backend, request_for())
    assert caught.value.kind is kind


async def test_says_by_how_much_a_prompt_is_too_long(
    backend: Backend, server: ScriptedLlamaCpp
) -> None:
    error = {"type": "exceed_context_size_error", "n_prompt_tokens": 9001, "n_ctx": 2048}
    server.answer(status=400, error=error)
    with pytest.raises(ModelError, match=r"room for 2,048 tokens and the prompt has 9,001"):
        await collect(backend, request_for())


async def test_a_wrong_key_is_an_auth_failure_that_does_not_show_it(
    server: ScriptedLlamaCpp,
) -> None:
    settings = ModelSettings(
        name="m",
        provider="llama.cpp",
        fim_format="qwen2.5-coder",
        url=server.url,
        api_key=Secret("canary-key-wrong"),
    )
    backend = create(settings, _CONTEXT)
    with pytest.raises(ModelError) as caught:
        await collect(backend, request_for())
    assert caught.value.kind is ModelErrorKind.AUTH
    assert "canary" not in str(caught.value)
    await backend.aclose()


async def test_a_key_file_is_read_at_each_call_so_that_mending_it_helps(
    server: ScriptedLlamaCpp, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    settings = ModelSettings(
        name="m",
        provider="llama.cpp",
        fim_format="qwen2.5-coder",
        url=server.url,
        api_key_file=file,
    )
    backend = create(settings, _CONTEXT)
    with pytest.raises(ModelError, match="There is no usable key") as caught:
        await collect(backend, request_for())
    assert caught.value.kind is ModelErrorKind.AUTH
    assert server.requests == []
    file.touch(0o600)
    file.write_text("  canary-key-right\r\n", "utf-8")
    assert text_of(await collect(backend, request_for()))
    await backend.aclose()


async def test_waiting_to_be_told_where_the_server_is_counts_towards_the_deadline() -> None:
    async def locate() -> Endpoint:
        await asyncio.Event().wait()
        raise AssertionError

    backend = llamacpp_backend(locate)
    with pytest.raises(ModelError) as caught:
        await collect(backend, request_for(deadline_s=0.01))
    assert caught.value.kind is ModelErrorKind.TIMEOUT
    await backend.aclose()


async def test_a_call_in_flight_outlives_closing_and_then_nothing_is_open(
    backend: Backend, server: ScriptedLlamaCpp
) -> None:
    server.hold(after_tokens=1)
    task = asyncio.create_task(collect(backend, request_for()))
    request = await server.next_completion()
    await backend.aclose()
    server.release()
    assert text_of(await task)
    assert request.finished


async def test_a_named_key_that_is_missing_shows_in_readiness(
    server: ScriptedLlamaCpp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AICOPILOT_TEST_KEY", raising=False)
    settings = ModelSettings(
        name="m",
        provider="llama.cpp",
        fim_format="qwen2.5-coder",
        url=server.url,
        api_key_env="AICOPILOT_TEST_KEY",
    )
    backend = create(settings, _CONTEXT)
    assert "AICOPILOT_TEST_KEY is not set" in str(await backend.readiness())
    monkeypatch.setenv("AICOPILOT_TEST_KEY", "canary-key-right")
    assert await backend.readiness() is None
    assert server.connections == 0
    await backend.aclose()


async def test_a_closed_backend_says_so(backend: Backend) -> None:
    await backend.aclose()
    with pytest.raises(ModelError, match="connections were closed"):
        await collect(backend, request_for())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "has no url"),
        ({"url": "file:///etc/passwd"}, "must begin with http"),
        ({"url": "http://h:1", "fim_format": "nope"}, "one of these: .*qwen2.5-coder"),
        ({"url": "http://h:1", "headers": {"Host": Secret("x")}}, "header 'Host'"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(fields: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        create(ModelSettings(name="m", provider="llama.cpp", **fields), _CONTEXT)  # type: ignore[arg-type]
