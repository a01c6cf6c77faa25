"""The backend for `/v1/completions` against llama.cpp itself, with the real 0.5B."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.openai import create
from aicopilot_lsp.models.protocol import Finished, GenerateRequest, Healing, Hole, TextChunk
from aicopilot_lsp.plugins import BackendContext
from tests.models.contract import BackendContract, answered, collect, ready_request, text_of
from tests.models.test_llamacpp_real import NASTY, endpoint
from tests.support.real_model import installed_model

__all__ = ["endpoint", "installed_model"]
pytestmark = pytest.mark.model

_CONTEXT = BackendContext(
    embedded=EmbeddedSettings(), state_dir=Path("/none"), cache_dir=Path("/none")
)
# Prefix and suffix of a hole, what stands behind the middle token, what must come first, the rest.
_HOLES = [
    ("def add(a, b):\n", "\n\nprint(add(1, 2))\n", "    return", " ", "a + b"),
    (
        "class Point:\n    def __init__(self, x, y):\n",
        "\n",
        "        self.x = x\n        self",
        ".",
        "y = y",
    ),
    ("def is_even(n):\n", "\n\n\nassert is_even(4)\n", "    return n % 2 ", "==", " 0"),
]


@pytest.fixture
async def backend(endpoint: Endpoint) -> AsyncIterator[HttpBackend]:
    settings = ModelSettings(
        name="m",
        provider="openai-compatible",
        url=endpoint.base_url + "/v1",
        fim_format="qwen2.5-coder",
        api_key=endpoint.key,
    )
    backend = create(settings, _CONTEXT)
    yield backend
    await backend.aclose()


class TestContract(BackendContract):
    """It keeps the contract with llama.cpp behind it."""


async def test_finds_out_that_it_is_llamacpp(backend: HttpBackend) -> None:
    await backend.prepare()
    assert backend.prompting.healing is Healing.CONSTRAINED
    info = await backend.describe()
    assert info.context_tokens == 1024
    assert info.details.endswith("through /v1/completions")


@pytest.mark.parametrize("text", NASTY)
async def test_an_answer_begins_with_what_it_must(backend: HttpBackend, text: str) -> None:
    request = await ready_request(
        backend, "x = ", must_begin_with=text, max_tokens=2 + 2 * len(text.encode())
    )
    answer = ""
    async with aclosing(backend.generate(request)) as stream:
        async for event in stream:
            answer += event.text if isinstance(event, TextChunk) else ""
            if len(answer) >= len(text):
                break
    assert answer.startswith(text)


@pytest.mark.parametrize(("prefix", "suffix", "middle", "healed", "rest"), _HOLES)
async def test_fills_holes_from_a_token_boundary(
    backend: HttpBackend, prefix: str, suffix: str, middle: str, healed: str, rest: str
) -> None:
    await backend.prepare()
    form = backend.prompting.format
    assert form is not None
    prompt = f"{form.prefix}{prefix}{form.suffix}{suffix}{form.middle}{middle}"
    request = GenerateRequest(
        prompt=prompt, must_begin_with=healed, stop=("\n",), max_tokens=16, deadline_s=60.0
    )
    assert text_of(await collect(backend, request)) == healed + rest


async def test_a_prompt_seen_before_is_cached_and_its_cost_is_told(backend: HttpBackend) -> None:
    await answered(backend, "def greet(name):\n    message = ")
    events = await answered(backend, "def greet(name):\n    message = ")
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.usage.evaluated_tokens == 1
    assert last.usage.cached_tokens
    assert last.usage.prefill_ms
    assert last.usage.decode_ms
    costs = [event.usage for event in events if isinstance(event, TextChunk)]
    assert all(cost is not None and cost.evaluated_tokens for cost in costs)


async def test_tokens_are_those_of_the_model(backend: HttpBackend) -> None:
    await backend.prepare()
    assert await backend.tokenize("server.versions") == ("server", ".", "versions")
    assert await backend.tokenize("<|fim_middle|>", special=True) == ("<|fim_middle|>",)


async def test_a_suffix_goes_unread_which_is_why_none_is_sent_unasked(endpoint: Endpoint) -> None:
    settings = ModelSettings(
        name="m",
        provider="openai-compatible",
        url=endpoint.base_url,
        fim_format="native",
        api_key=endpoint.key,
    )
    backend = create(settings, _CONTEXT)
    read = []
    for suffix in ("", "\n\nprint(add(1, 2))\n" * 20):
        hole = Hole(prefix="def add(a, b):\n", suffix=suffix)
        request = GenerateRequest(hole=hole, max_tokens=1, deadline_s=60.0)
        last = (await collect(backend, request))[-1]
        assert isinstance(last, Finished)
        read.append(last.usage.prompt_tokens)
    await backend.aclose()
    assert read[0] is not None
    assert read[0] == read[1]
