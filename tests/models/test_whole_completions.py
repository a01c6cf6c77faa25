"""Whole completions, from snapshot to outcome, through servers that keep to their public APIs."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp import plugins
from aicopilot_lsp.completion.failover import Choice, NamedModel
from aicopilot_lsp.completion.memory import Memory
from aicopilot_lsp.completion.pipeline import Parts, complete
from aicopilot_lsp.completion.types import Outcome, OutcomeKind, Snapshot
from aicopilot_lsp.config.settings import (
    CompletionSettings,
    EmbeddedSettings,
    ModelSettings,
    Secret,
)
from aicopilot_lsp.filters.builtin import in_order
from aicopilot_lsp.models.protocol import Backend
from aicopilot_lsp.plugins import BackendContext
from tests.support.fixture import at_cursor
from tests.support.services import ollama_chat, openai
from tests.support.services.anthropic import anthropic
from tests.support.services.base import Service
from tests.support.services.deepseek import deepseek
from tests.support.services.mistral import mistral
from tests.support.services.ollama import ollama
from tests.support.services.openai_chat import openai_chat
from tests.support.services.responses import responses
from tests.support.services.tabby import tabby

_OLLAMA = {"model": "qwen2.5-coder"}
_SERVED: dict[str, tuple[Callable[[], Service], str, dict[str, Any], str]] = {
    "mistral": (mistral, "mistral", {}, "/v1/fim/completions"),
    "deepseek": (deepseek, "deepseek", {}, "/beta/completions"),
    "tabby": (tabby, "tabby", {}, "/v1/completions"),
    "ollama": (ollama, "ollama", {**_OLLAMA, "fim_format": "qwen2.5-coder"}, "/api/generate"),
    "ollama-native": (ollama, "ollama", {**_OLLAMA, "fim_format": "native"}, "/api/generate"),
    "openai-compatible": (
        openai.plain,
        "openai-compatible",
        {"model": openai.MODEL, "fim_format": "qwen2.5-coder"},
        "/v1/completions",
    ),
}
_SERVED_AS_CHAT: dict[str, tuple[Callable[[], Service], str, dict[str, Any], str]] = {
    "openai-chat": (openai_chat, "openai-chat", {"model": "gpt-4.1-mini"}, "/v1/chat/completions"),
    "openai-responses": (
        responses,
        "openai-responses",
        {"model": "gpt-4.1-mini"},
        "/v1/responses",
    ),
    "anthropic": (anthropic, "anthropic", {"model": "claude-haiku-4-5"}, "/v1/messages"),
    "ollama-chat": (
        ollama_chat.ollama_chat,
        "ollama",
        {"model": ollama_chat.MODEL, "fim_format": "chat"},
        "/api/chat",
    ),
}


class Bench:
    """A pipeline over one provider's backend and a server of its kind."""

    def __init__(self, server: Service, path: str, backend: Backend) -> None:
        self.server, self.path, self.backend = server, path, backend
        self._memory = Memory()

    async def ask(self, snapshot: Snapshot) -> Outcome:
        parts = Parts(
            models=lambda _: Choice((NamedModel("m", self._backend),)),
            filters=in_order(plugins.filters(), ()),
            clock=lambda: 0.0,
            sleep=self._sleep,
            new_id=lambda: "s1",
        )
        return await complete(snapshot, CompletionSettings(), parts, self._memory)

    async def _backend(self) -> Backend:
        return self.backend

    async def _sleep(self, seconds: float) -> None:
        pass


@pytest.fixture(params=_SERVED)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    serve, provider, fields, path = (_SERVED | _SERVED_AS_CHAT)[request.param]
    context = BackendContext(embedded=EmbeddedSettings(), state_dir=tmp_path, cache_dir=tmp_path)
    async with serve() as server:
        settings = ModelSettings(
            name="m",
            provider=provider,
            url=server.url,
            api_key=Secret("canary-key-right"),
            **fields,
        )
        backend = plugins.backend_factory(provider)(settings, context)
        yield Bench(server, path, backend)
        await backend.aclose()


@pytest.mark.parametrize("bench", [*_SERVED, *_SERVED_AS_CHAT], indirect=True)
async def test_an_answer_is_put_in_at_the_cursor(bench: Bench) -> None:
    bench.server.answer(" a + b")
    outcome = await bench.ask(at_cursor("def add(a, b):\n    return‸\n"))
    assert outcome.kind is OutcomeKind.SHOWN
    assert [one.text for one in outcome.suggestions] == [" a + b"]


async def test_a_half_typed_word_is_continued(bench: Bench) -> None:
    bench.server.answer(" return a + b")
    outcome = await bench.ask(at_cursor("def add(a, b):\n    ret‸\n"))
    assert [one.text for one in outcome.suggestions] == ["urn a + b"]
    assert len(bench.server.asked(bench.path)) == 1


async def test_an_answer_that_does_not_continue_the_word_is_asked_for_once_more(
    bench: Bench,
) -> None:
    bench.server.answer("urn a + b")
    outcome = await bench.ask(at_cursor("def add(a, b):\n    ret‸\n"))
    assert [one.text for one in outcome.suggestions] == ["urn a + b"]
    healed, whole = bench.server.asked(bench.path)
    assert len(healed.raw) == len(whole.raw) - len(" ret")


async def test_a_marker_in_the_users_file_reaches_no_server(bench: Bench) -> None:
    bench.server.answer("1")
    markers = ("<|fim_suffix|>", "<｜fim▁hole｜>", "<|im_start|>", "<[fim-middle]>")
    await bench.ask(at_cursor("".join(f"# {one}\n" for one in markers) + "x =‸\n"))
    (request, *_) = bench.server.asked(bench.path)
    for marker in markers:
        assert f"# {marker}" not in request.raw.decode()
        assert f"# {marker[0]} {marker[1:]}" in request.raw.decode()
