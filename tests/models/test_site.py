"""Where a model runs and how much fits in: what budgets go by."""

import asyncio
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
from aicopilot_lsp.config.urls import under_public_name
from aicopilot_lsp.errors import ModelError
from aicopilot_lsp.models.embedded import backend as embedded
from aicopilot_lsp.models.llamacpp import create
from aicopilot_lsp.models.protocol import Backend, Site
from aicopilot_lsp.plugins import BackendContext
from tests.models.contract import collect, request_for
from tests.support.scripted_llamacpp import ScriptedLlamaCpp

CONTEXT = BackendContext(
    embedded=EmbeddedSettings(context_tokens=2_048),
    state_dir=Path("/none"),
    cache_dir=Path("/none"),
)


async def _window_told(backend: Backend) -> None:
    while backend.site.window_tokens is None:  # noqa: ASYNC110 - nobody is told of it
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("http://localhost:8080", False),
        ("http://127.0.0.1:11434", False),
        ("http://[::1]:8080", False),
        ("http://192.168.1.20:8080", False),
        ("http://10.0.0.5", False),
        ("http://[fd00::5]:8080", False),
        ("http://gpu-box:8080", False),
        ("http://gpu-box.local", False),
        ("http://gpu.team.internal:8000", False),
        ("http://nas.home.arpa", False),
        ("https://api.example.com", True),
        ("https://api.example.com.:443", True),
        ("https://notlocal.localx", True),
        ("http://8.8.8.8", True),
        ("http://[2606:4700::1111]", True),
        ("", False),
        ("this machine", False),
    ],
)
def test_a_public_name_is_told_by_its_looks(url: str, public: bool) -> None:
    assert under_public_name(url) is public


async def test_the_window_is_asked_for_once_the_model_has_answered() -> None:
    async with ScriptedLlamaCpp() as server:
        server.answer("x")
        settings = ModelSettings(
            name="m", provider="llama.cpp", url=server.url, fim_format="qwen2.5-coder"
        )
        backend = create(settings, CONTEXT)
        assert backend.site == Site(endpoint=server.url)
        await backend.prepare()
        await collect(backend, request_for("a"))
        assert backend.site.window_tokens is None
        for _ in range(3):
            await backend.prepare()
        await asyncio.wait_for(_window_told(backend), 10)
        assert backend.site == Site(endpoint=server.url, window_tokens=4_096)
        asked = [request.path for request in server.requests]
        assert asked.count("/props") == 1
        await backend.aclose()


async def test_a_prompt_that_does_not_fit_makes_the_window_be_asked_for() -> None:
    async with ScriptedLlamaCpp() as server:
        server.answer(status=400, error={"type": "exceed_context_size_error"})
        settings = ModelSettings(
            name="m", provider="llama.cpp", url=server.url, fim_format="qwen2.5-coder"
        )
        backend = create(settings, CONTEXT)
        await backend.prepare()
        with pytest.raises(ModelError, match="too small a context"):
            await collect(backend, request_for("a"))
        await backend.prepare()
        await asyncio.wait_for(_window_told(backend), 10)
        assert backend.site.window_tokens == 4_096
        await backend.aclose()


async def test_the_embedded_model_has_the_window_of_the_settings() -> None:
    settings = ModelSettings(name="e", provider="embedded", model="qwen2.5-coder-0.5b")
    backend = embedded.create(settings, CONTEXT)
    assert backend.site == Site(window_tokens=2_048)
    await backend.aclose()
