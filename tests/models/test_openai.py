"""The backend for OpenAI's `/v1/completions` against servers that keep to it, each in its way: what
they are sent. What they are found to be is in test_openai_learned.py, their answers in
test_openai_answers.py."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.http import Deadline, Transport
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import GenerateRequest, Hole, Layout, Mode
from tests.models.contract import BackendContract, answered, collect, ready_request, text_of
from tests.models.openai_asked import PATH, asked, backend_of
from tests.support.services import openai
from tests.support.services.base import Exchange, Service


class TestPlainContract(BackendContract):
    """A server that offers no more than OpenAI does."""

    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with asked(openai.plain()) as backend:
            yield backend


class TestNativeContract(BackendContract):
    """The same, with prefix and suffix."""

    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with asked(openai.plain(), fim_format="native") as backend:
            yield backend


class TestVllmContract(BackendContract):
    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with asked(openai.vllm()) as backend:
            yield backend


class TestOldVllmContract(BackendContract):
    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with asked(openai.vllm("0.11.2")) as backend:
            yield backend


class TestSglangContract(BackendContract):
    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with asked(openai.sglang()) as backend:
            yield backend


class TestLlamaCppContract(BackendContract):
    @pytest.fixture
    async def backend(self) -> AsyncIterator[HttpBackend]:
        async with asked(openai.llamacpp()) as backend:
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
    async with asked(service := make()) as backend:
        request = await ready_request(
            backend,
            prompt="<|fim_prefix|>a<|fim_suffix|>é<|fim_middle|>re",
            must_begin_with="re.",
            temperature=0.2,
            stop=("\n\n", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|cursor|>"),
        )
        await collect(backend, request)
    (sent,) = service.asked(PATH)
    assert sent.raw.decode() == f'{{"model":"{openai.MODEL}",{_PROMPT},{rest}'
    assert sent.headers["authorization"] == f"Bearer {openai.KEY}"


async def test_a_hole_is_sent_byte_for_byte_with_its_suffix_where_that_is_declared() -> None:
    async with asked(service := openai.plain(), fim_format="native") as backend:
        hole = Hole(prefix="def f(x):\n", middle="    return ", suffix="\n\nf(1)\n")
        request = GenerateRequest(hole=hole, max_tokens=32, deadline_s=30.0, must_begin_with=" x")
        await backend.prepare()
        assert text_of(await collect(backend, request)) == "a + b  # sum"
    (sent,) = service.asked(PATH)
    assert sent.raw.decode() == (
        f'{{"model":"{openai.MODEL}","prompt":"def f(x):\\n    return ","max_tokens":32,'
        '"temperature":0.0,"stream":true,"stream_options":{"include_usage":true},'
        '"suffix":"\\n\\nf(1)\\n"}'
    )


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
async def test_an_address_means_the_same_with_v1_at_its_end_and_without(end: str) -> None:
    async with openai.vllm() as service:
        backend = backend_of(service, url=service.url + end)
        await answered(backend)
        assert await backend.tokenize("a b") == ("a", " ", "b")
        await backend.aclose()
    assert [one.path for one in service.requests] == ["/v1/models", "/version", PATH, "/tokenize"]


async def test_an_address_keeps_another_version_that_it_names() -> None:
    async with Service() as service:

        @service.route("POST", "/api/v2/completions")
        async def completions(exchange: Exchange) -> None:
            async with exchange.stream("text/event-stream") as stream:
                await stream.event({"choices": [{"text": "x", "finish_reason": "stop"}]})

        backend = backend_of(service, url=service.url + "/api/v2/")
        assert text_of(await answered(backend)) == "x"
        await backend.aclose()
    assert [one.path for one in service.requests] == ["/api/v2/models", "/api/v2/completions"]


async def test_a_native_way_that_nobody_declared_is_not_there_to_be_tried() -> None:
    async with asked(openai.plain()) as backend:
        assert set(backend.api.dialects) == {Mode.RAW, Mode.CHAT}
    async with asked(openai.plain(), fim_format="native") as backend:
        assert backend.prompting.mode is Mode.NATIVE
        assert backend.prompting.layout is Layout.STANDARD


@pytest.mark.parametrize("make", [openai.vllm, openai.llamacpp])
@pytest.mark.parametrize(
    "text", ["def f(x):\n\treturn 'é😀🈚'\r\n", "  \n\n ", "naïve Straße 函数", "\x7f\xad\x01 x"]
)
async def test_tokens_come_as_the_text_that_they_stand_for(
    make: Callable[[], Service], text: str
) -> None:
    async with asked(make()) as backend:
        await backend.prepare()
        pieces = await backend.tokenize(text)
    assert pieces is not None
    assert "".join(pieces) == text
    assert len(pieces) > 1 or text.isspace()


async def test_a_server_that_cannot_tokenize_is_not_asked_to() -> None:
    async with asked(service := openai.plain()) as backend:
        await backend.prepare()
        assert await backend.tokenize("a b") is None
    assert [one.path for one in service.requests] == ["/v1/models"]


async def test_a_server_that_takes_no_suffix_says_what_to_take_out() -> None:
    async with asked(openai.vllm(), fim_format="native") as backend:
        with pytest.raises(ModelError, match='Take out fim_format = "native"') as caught:
            await answered(backend)
    assert caught.value.kind is ModelErrorKind.REJECTED


async def test_a_model_that_the_server_has_not_is_named() -> None:
    async with asked(openai.vllm(), model="gpt-9") as backend:
        with pytest.raises(ModelError, match="has no model 'gpt-9'") as caught:
            await answered(backend)
        assert (
            await backend.describe()
        ).details == "vLLM 0.12.0, not among the models listed there"
    assert caught.value.kind is ModelErrorKind.NOT_FOUND


async def test_a_prompt_that_is_too_long_says_which_setting_to_lower() -> None:
    async with asked(openai.vllm()) as backend:
        with pytest.raises(ModelError, match="Lower max_prompt_tokens") as caught:
            await answered(backend, "a " * 4096)
    assert caught.value.kind is ModelErrorKind.REJECTED


async def test_a_wrong_key_is_an_auth_failure_that_does_not_show_it() -> None:
    async with asked(openai.vllm(), api_key=Secret("canary-key-wrong")) as backend:
        with pytest.raises(ModelError) as caught:
            await answered(backend)
    assert caught.value.kind is ModelErrorKind.AUTH
    assert "canary" not in str(caught.value)


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

    async with asked(service, fim_format="chat") as backend:
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
                await transport.fetch_json(endpoint, PATH, body=body, deadline=Deadline(30.0))
    await transport.aclose()
