"""The model process with an engine that needs no model: what to run, and a backend over it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
from aicopilot_lsp.models.embedded import supervisor, wanted
from aicopilot_lsp.models.embedded.backend import EmbeddedBackend
from aicopilot_lsp.models.embedded.record import ProcessSpec
from aicopilot_lsp.models.protocol import GenerateRequest, StreamEvent
from aicopilot_lsp.plugins import BackendContext

ROOT = Path(__file__).parents[3]
SPEC = ProcessSpec(
    model="scripted",
    path="answers",
    sha256="0" * 64,
    context_tokens=4096,
    threads=None,
    idle_s=600,
    engine="tests.support.scripted_engine",
)
REQUEST = GenerateRequest(prompt="x", max_tokens=8, deadline_s=30)


@asynccontextmanager
async def embedded_at(
    state_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    spec: ProcessSpec = SPEC,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[EmbeddedBackend]:
    """A backend whose model is the scripted engine."""
    monkeypatch.setattr(wanted, "missing", lambda *_: None)
    monkeypatch.setattr(wanted, "damaged", lambda *_: None)
    monkeypatch.setattr(wanted, "process_spec", lambda *_: spec)
    context = BackendContext(
        embedded=EmbeddedSettings(), state_dir=state_dir, cache_dir=state_dir.parent / "cache"
    )
    settings = ModelSettings(name="embedded", provider="embedded")
    backend = EmbeddedBackend(settings, context, clock=clock)
    try:
        yield backend
    finally:
        await backend.aclose()


async def answer(backend: EmbeddedBackend) -> list[StreamEvent]:
    return [event async for event in backend.generate(REQUEST)]


async def until_dead(state_dir: Path) -> None:
    async with asyncio.timeout(60):
        while supervisor.lives(state_dir):  # noqa: ASYNC110 - another process's end
            await asyncio.sleep(0.01)
