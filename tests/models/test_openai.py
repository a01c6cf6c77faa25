"""The backend for OpenAI's `/v1/completions` against servers that keep to it, each in its way."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.http import Deadline, Transport
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.openai import create
from aicopilot_lsp.models.protocol import (
    Finished,
    FinishReason,
    GenerateRequest,
    Healing,
    Hole,
    Layout,
    Mode,
    TextChunk,
)
from aicopilot_lsp.plugins import BackendContext
from tests.models.contract import (
    BackendContract,
    answered,
    collect,
    ready_request,
    text_of,
)
from tests.support.services import openai
from tests.support.services.base import Exchange, Service

_CONTEXT = BackendContext(
    embedded=EmbeddedSettings(), state_dir=Path("/none"), cache_dir=Path("/none")
)
_PATH = "/v1/completions"


def _backend(service: Service, **fields: Any) -> HttpBackend:
    known: dict[str, Any] = {
        "url": service.url + "/v1",
        "model": openai.MODEL,
        "fim_format": "qwen2.5-coder",
        "api_key": Secret(openai.KEY),
    }
    settings = ModelSettings(name="m", provider="openai-compatible", **(known | fields))
    return create(settings, _CONTEXT)


@asynccontextmanager
async def _asked(service: Service, **fields: Any) -> AsyncIterator[HttpBackend]:
    async with service:
        service.answer("a + b  # sum")
        backend = _backend(service, **fields)
        try:
            yield backend
        finally:
            await backend.aclose()


class TestPlainContract(BackendContract):
    """A server that offers no more than OpenAI does."""

    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with _asked(openai.plain()) as backend:
            yield backend


class TestNativeContract(BackendContract):
    """The same, with prefix and suffix."""

    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with _asked(openai.plain(), fim_format="native") as backend:
            yield backend


class TestVllmContract(BackendContract):
    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with _asked(openai.vllm()) as backend:
            yield backend


class TestOldVllmContract(BackendContract):
    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with _asked(openai.vllm("0.11.2")) as backend:
            yield backend


class TestSglangContract(BackendContract):
    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with _asked(openai.sglang()) as backend:
            yield backend


class TestLlamaCppContract(BackendContract):
    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with _asked(openai.llamacpp()) as backend:
            yield backend


_PROMPT = '"prompt":"<|fim_prefix|>a<|fim_suffix|>é<|fim_middle|>re"'
_OF_ALL = '"max_tokens":8,"temperature":0.2,"stream":true,"stream_options":{"include_usage":true'
_STOP = '"stop":["\\n\\n","<|endoftext|>","<|im_start|>","<|im_end|>"]'


@pytest.mark.parametrize(
    ("make", "rest"),
    [
        (openai.plain, f"{_OF_ALL}}},{_STOP}}}"),
        (
            openai.vllm,
            f'{_OF_ALL},"continuous_usage_stats":true}},{_STOP},"skip_special_tokens":false,'
            '"structured_outputs":{"regex":"re\\\\.[\\\\s\\\\S]*"}}',
        ),
        (
            lambda: openai.vllm("0.11.0"),
            f'{_OF_ALL},"continuous_usage_stats":true}},{_STOP},"skip_special_tokens":false,'
            '"guided_regex":"re\\\\.[\\\\s\\\\S]*"}',
        ),
        (openai.sglang, f'{_OF_ALL}}},{_STOP},"regex":"re\\\\.[\\\\s\\\\S]*"}}'),
        (
            openai.llamacpp,
            f'{_OF_ALL}}},{_STOP},"cache_prompt":true,"timings_per_token":true,'
            '"return_progress":true,"grammar":"root ::= \\"re.\\" [^\\\\x00]*"}',
        ),
    ],
    ids=["plain", "vllm", "old vllm", "sglang", "llama.cpp"],
)
async def test_a_prompt_is_sent_byte_for_byte_as_each_server_takes_it(
    make: Callable[[], Service], rest: str
) -> None:
    async with _asked(service := make()) as backend:
        request = await ready_request(
            backend,
            prompt="<|fim_prefix|>a<|fim_suffix|>é<|fim_middle|>re",
            must_begin_with="re.",
            temperature=0.2,
            stop=("\n\n", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|cursor|>"),
        )
        await collect(backend, request)
    (sent,) = service.asked(_PATH)
    assert sent.raw.decode() == f'{{"model":"{openai.MODEL}",{_PROMPT},{rest}'
    assert sent.headers["authorization"] == f"Bearer {openai.KEY}"


async def test_a_hole_is_sent_byte_for_byte_with_its_suffix_where_that_is_declared() -> None:
    async with _asked(service := openai.plain(), fim_format="native") as backend:
        hole = Hole(prefix="def f(x):\n", middle="    return ", suffix="\n\nf(1)\n")
        request = GenerateRequest(hole=hole, max_tokens=32, deadline_s=30.0, must_begin_with=" x")
        await backend.prepare()
        assert text_of(await collect(backend, request)) == "a + b  # sum"
    (sent,) = service.asked(_PATH)
    assert sent.raw.decode() == (
        f'{{"model":"{openai.MODEL}","prompt":"def f(x):\\n    return ","max_tokens":32,'
        '"temperature":0.0,"stream":true,"stream_options":{"include_usage":true},'
        '"suffix":"\\n\\nf(1)\\n"}'
    )


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
async def test_an_address_means_the_same_with_v1_at_its_end_and_without(end: str) -> None:
    async with openai.vllm() as service:
        backend = _backend(service, url=service.url + end)
        await answered(backend)
        assert await backend.tokenize("a b") == ("a", " ", "b")
        await backend.aclose()
    assert [one.path for one in service.requests] == ["/v1/models", "/version", _PATH, "/tokenize"]


async def test_an_address_keeps_another_version_that_it_names() -> None:
    async with Service() as service:

        @service.route("POST", "/api/v2/completions")
        async def completions(exchange: Exchange) -> None:
            async with exchange.stream("text/event-stream") as stream:
                await stream.event({"choices": [{"text": "x", "finish_reason": "stop"}]})

        backend = _backend(service, url=service.url + "/api/v2/")
        assert text_of(await answered(backend)) == "x"
        await backend.aclose()
    assert [one.path for one in service.requests] == ["/api/v2/models", "/api/v2/completions"]


async def test_a_native_way_that_nobody_declared_is_not_there_to_be_tried() -> None:
    async with _asked(openai.plain()) as backend:
        assert set(backend.api.dialects) == {Mode.RAW, Mode.CHAT}
    async with _asked(openai.plain(), fim_format="native") as backend:
        assert backend.prompting.mode is Mode.NATIVE
        assert backend.prompting.layout is Layout.STANDARD


@pytest.mark.parametrize(
    ("make", "healing"),
    [
        (openai.plain, Healing.CHECKED),
        (lambda: openai.plain(owner="library"), Healing.CHECKED),
        (openai.vllm, Healing.CONSTRAINED),
        (lambda: openai.vllm("0.9.0.1"), Healing.CONSTRAINED),
        (openai.sglang, Healing.CONSTRAINED),
        (openai.llamacpp, Healing.CONSTRAINED),
    ],
)
async def test_healing_is_settled_by_what_the_server_says_it_is(
    make: Callable[[], Service], healing: Healing
) -> None:
    async with _asked(make()) as backend:
        assert backend.prompting.healing is Healing.CHECKED
        await backend.prepare()
        assert backend.prompting.healing is healing


async def test_a_server_is_asked_once_what_it_is_however_many_wait() -> None:
    async with _asked(service := openai.vllm()) as backend:
        await asyncio.gather(*(backend.prepare() for _ in range(3)))
        await backend.prepare()
    assert [one.path for one in service.requests] == ["/v1/models", "/version"]


async def test_a_caller_that_leaves_does_not_make_the_next_one_begin_anew() -> None:
    async with _asked(service := openai.vllm()) as backend:
        leaving = asyncio.create_task(backend.prepare())
        await service.next_request("/v1/models")
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        await backend.prepare()
    assert [one.path for one in service.requests] == ["/v1/models", "/version"]


async def test_another_server_that_comes_up_at_the_address_is_noticed() -> None:
    other = openai.llamacpp()
    async with _asked(service := openai.vllm()) as backend:
        request = await ready_request(backend, must_begin_with="x")
        await service.__aexit__(None)
        with pytest.raises(ModelError) as caught:
            await collect(backend, request)
        assert caught.value.kind is ModelErrorKind.UNREACHABLE
        with pytest.raises(ModelError) as caught:
            await backend.prepare()
        assert caught.value.kind is ModelErrorKind.UNREACHABLE
        other.url = service.url
        async with other:
            await backend.prepare()
            assert text_of(await collect(backend, request)).startswith("x")
        await service.__aenter__()
    assert "grammar" in other.asked(_PATH)[0].body


async def test_a_server_without_a_list_of_models_is_asked_as_any() -> None:
    service = openai.plain()
    service.without("GET", "/v1/models")
    async with _asked(service) as backend:
        assert text_of(await answered(backend, max_tokens=32)) == "a + b  # sum"
        assert backend.prompting.healing is Healing.CHECKED
        assert (await backend.describe()).model == openai.MODEL


async def test_a_list_of_models_that_fails_does_not_keep_from_completing() -> None:
    service = openai.plain()

    @service.route("GET", "/v1/models")
    async def models(exchange: Exchange) -> None:
        await exchange.json({"error": {"message": "x"}}, status=500)

    async with _asked(service) as backend:
        for _ in range(3):
            await backend.prepare()
        assert len(service.asked("/v1/models")) == 1
        assert text_of(await answered(backend, max_tokens=32)) == "a + b  # sum"


async def test_a_vllm_that_hides_its_version_is_not_constrained_by_a_guess() -> None:
    service = openai.vllm()
    service.without("GET", "/version")
    async with _asked(service) as backend:
        await answered(backend, must_begin_with="x")
    assert "structured_outputs" not in service.asked(_PATH)[0].body


async def test_a_server_that_refuses_to_constrain_is_not_asked_to_again() -> None:
    async with _asked(service := openai.vllm()) as backend:
        words = "Structured outputs are not supported with this engine."
        error = {"message": words, "type": "BadRequestError", "code": 400}
        service.answer(status=400, error={"error": error})
        with pytest.raises(ModelError, match="done without from now on"):
            await answered(backend, must_begin_with="x")
        service.answer("a + b")
        assert text_of(await answered(backend, must_begin_with="x")) == "a + b"
        assert backend.prompting.healing is Healing.CHECKED
        assert await backend.tokenize("a b") == ("a", " ", "b")


async def test_the_only_model_of_a_server_is_asked_for_where_none_is_named() -> None:
    async with _asked(service := openai.vllm(), model=None) as backend:
        await answered(backend)
    assert service.asked(_PATH)[0].body["model"] == openai.MODEL


@pytest.mark.parametrize("make", [openai.vllm, openai.llamacpp])
@pytest.mark.parametrize(
    "text", ["def f(x):\n\treturn 'é😀🈚'\r\n", "  \n\n ", "naïve Straße 函数", "\x7f\xad\x01 x"]
)
async def test_tokens_come_as_the_text_that_they_stand_for(
    make: Callable[[], Service], text: str
) -> None:
    async with _asked(make()) as backend:
        await backend.prepare()
        pieces = await backend.tokenize(text)
    assert pieces is not None
    assert "".join(pieces) == text
    assert len(pieces) > 1 or text.isspace()


async def test_a_server_that_cannot_tokenize_is_not_asked_to() -> None:
    async with _asked(service := openai.plain()) as backend:
        await backend.prepare()
        assert await backend.tokenize("a b") is None
    assert [one.path for one in service.requests] == ["/v1/models"]


async def test_the_fifth_stop_string_and_those_after_it_are_kept_to_in_our_stream() -> None:
    async with _asked(service := openai.plain()) as backend:
        stops = ("1", "2", "3", "4", "  #")
        events = await answered(backend, stop=stops)
    assert text_of(events) == "a + b"
    assert service.asked(_PATH)[0].body["stop"] == list(stops[:4])
    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.STOP


async def test_vllm_tells_a_stop_string_from_the_end() -> None:
    async with _asked(openai.vllm()) as backend:
        whole = (await answered(backend, stop=("zzz",), max_tokens=32))[-1]
        stopped = (await answered(backend, stop=("b",)))[-1]
    assert isinstance(whole, Finished)
    assert isinstance(stopped, Finished)
    assert (whole.reason, stopped.reason) == (FinishReason.END, FinishReason.STOP)


@pytest.mark.parametrize("make", [openai.vllm, openai.llamacpp])
async def test_those_who_leave_early_learn_the_cost_where_it_is_told_as_it_grows(
    make: Callable[[], Service],
) -> None:
    async with _asked(make()) as backend:
        request = await ready_request(backend)
        async with aclosing(backend.generate(request)) as stream:
            async for event in stream:
                if isinstance(event, TextChunk) and event.text:
                    break
    assert isinstance(event, TextChunk)
    assert event.usage is not None
    assert event.usage.generated_tokens == 1
    assert event.usage.cached_tokens == 1
    assert event.usage.evaluated_tokens == (event.usage.prompt_tokens or 0) - 1


async def test_the_cost_comes_after_the_end() -> None:
    async with _asked(openai.plain()) as backend:
        last = (await answered(backend))[-1]
    assert isinstance(last, Finished)
    assert last.usage.generated_tokens == 8
    assert last.usage.cached_tokens == 1


def _events(*events: Any) -> Service:
    """A server that says just these."""
    service = openai.plain()

    @service.route("POST", _PATH)
    async def completions(exchange: Exchange) -> None:
        async with exchange.stream("text/event-stream") as stream:
            for event in events:
                await stream.event(event)

    return service


async def test_an_answer_may_end_with_done_alone_and_tell_no_cost() -> None:
    async with _asked(_events({"choices": [{"text": "x"}]}, "[DONE]")) as backend:
        *_, last = await answered(backend)
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.END
    assert last.usage.prompt_tokens is None


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"choices": [{"text": ["x"]}]}, ModelErrorKind.PROTOCOL),
        ("[1, 2]", ModelErrorKind.PROTOCOL),
        ("nonsense", ModelErrorKind.PROTOCOL),
        ({"error": {"message": "secret", "code": 503}}, ModelErrorKind.BUSY),
        ({"error": {"message": "secret", "type": "server_error"}}, ModelErrorKind.SERVER),
        ({"object": "error", "message": "secret", "code": 400}, ModelErrorKind.REJECTED),
        ({"choices": []}, ModelErrorKind.INTERRUPTED),
    ],
)
async def test_events_that_are_no_answer_become_the_right_errors(
    event: Any, kind: ModelErrorKind
) -> None:
    async with _asked(_events({"choices": [{"text": "x"}]}, event)) as backend:
        with pytest.raises(ModelError) as caught:
            await answered(backend)
    assert caught.value.kind is kind
    assert "secret" not in str(caught.value)


async def test_numbers_of_the_wrong_type_count_as_not_told() -> None:
    usage = {"prompt_tokens": "9", "prompt_tokens_details": 7}
    done = {"choices": [{"text": "x", "finish_reason": "stop"}], "usage": usage}
    async with _asked(_events(done)) as backend:
        *_, last = await answered(backend)
    assert isinstance(last, Finished)
    assert last.usage.prompt_tokens is None


async def test_a_server_that_takes_no_suffix_says_what_to_take_out() -> None:
    async with _asked(openai.vllm(), fim_format="native") as backend:
        with pytest.raises(ModelError, match='Take out fim_format = "native"') as caught:
            await answered(backend)
    assert caught.value.kind is ModelErrorKind.REJECTED


async def test_a_model_that_the_server_has_not_is_named() -> None:
    async with _asked(openai.vllm(), model="gpt-9") as backend:
        with pytest.raises(ModelError, match="has no model 'gpt-9'") as caught:
            await answered(backend)
        assert (
            await backend.describe()
        ).details == "vLLM 0.12.0, not among the models listed there"
    assert caught.value.kind is ModelErrorKind.NOT_FOUND


async def test_which_of_several_models_is_meant_has_to_be_said() -> None:
    service = openai.plain()

    @service.route("GET", "/v1/models")
    async def models(exchange: Exchange) -> None:
        await exchange.json({"data": [{"id": "a"}, {"id": "b"}]})

    @service.route("POST", _PATH)
    async def completions(exchange: Exchange) -> None:
        assert "model" not in exchange.request.body
        error = {"message": "you must provide a model parameter", "type": "invalid_request_error"}
        await exchange.json({"error": error}, status=400)

    async with _asked(service, model=None) as backend:
        with pytest.raises(ModelError, match="which of its models to ask") as caught:
            await answered(backend)
        assert "is not set (`model`)" in (await backend.describe()).details
    assert caught.value.kind is ModelErrorKind.NOT_FOUND


async def test_a_prompt_that_is_too_long_says_which_setting_to_lower() -> None:
    async with _asked(openai.vllm()) as backend:
        with pytest.raises(ModelError, match="Lower max_prompt_tokens") as caught:
            await answered(backend, "a " * 4096)
    assert caught.value.kind is ModelErrorKind.REJECTED


async def test_a_wrong_key_is_an_auth_failure_that_does_not_show_it() -> None:
    async with _asked(openai.vllm(), api_key=Secret("canary-key-wrong")) as backend:
        with pytest.raises(ModelError) as caught:
            await answered(backend)
    assert caught.value.kind is ModelErrorKind.AUTH
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "details"),
    [
        (openai.vllm, "vLLM 0.12.0"),
        (openai.plain, "OpenAI-compatible"),
        (openai.llamacpp, "1 slot, through /v1/completions"),
    ],
)
async def test_tells_what_server_and_model_it_is(make: Callable[[], Service], details: str) -> None:
    async with _asked(make()) as backend:
        info = await backend.describe()
    assert (info.model, info.details) == (openai.MODEL, details)
    assert info.context_tokens == (None if make is openai.plain else openai.CONTEXT_TOKENS)


async def test_leaving_an_answer_frees_the_server() -> None:
    async with _asked(service := openai.vllm()) as backend:
        service.hold(after_tokens=2)
        stream = backend.generate(await ready_request(backend))
        assert isinstance(await anext(stream), TextChunk)
        sent = await service.next_request(_PATH)
        await stream.aclose()
        await sent.client_gone.wait()
    assert not sent.finished


async def test_a_chat_model_at_the_same_address_is_asked_to_fill_the_hole() -> None:
    service = openai.plain()

    @service.route("POST", "/v1/chat/completions")
    async def chat(exchange: Exchange) -> None:
        assert json.loads(exchange.request.raw)["model"] == openai.MODEL
        async with exchange.stream("text/event-stream") as stream:
            delta = {"content": "```python\na + b\n```"}
            await stream.event({"choices": [{"delta": delta, "finish_reason": None}]})
            await stream.event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
            await stream.event("[DONE]")

    async with _asked(service, fim_format="chat") as backend:
        assert text_of(await answered(backend)).strip() == "a + b"


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (openai.plain, {"grammar": "root ::= x"}),
        (openai.plain, {"stop": ["1", "2", "3", "4", "5"]}),
        (openai.plain, {"max_tokens": "8"}),
        (openai.vllm, {"guided_regex": "x[\\s\\S]*"}),
        (lambda: openai.vllm("0.11.0"), {"structured_outputs": {"regex": "x[\\s\\S]*"}}),
        (openai.llamacpp, {"suffix": "x"}),
    ],
)
async def test_the_servers_of_these_tests_let_nothing_pass_that_the_api_has_not(
    make: Callable[[], Service], field: dict[str, Any]
) -> None:
    transport = Transport()
    body = {"model": openai.MODEL, "prompt": "x", "stream": True, **field}
    with pytest.raises(AssertionError, match=next(iter(field))):
        async with make() as service:
            endpoint = Endpoint(base_url=service.url, key=Secret(openai.KEY))
            with pytest.raises(ModelError):
                await transport.fetch_json(endpoint, _PATH, body=body, deadline=Deadline(30.0))
    await transport.aclose()
