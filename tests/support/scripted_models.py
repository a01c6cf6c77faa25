"""An engine over scripted models, and a clock that the test moves: the fixture `bench_of`."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from aicopilot_lsp import plugins
from aicopilot_lsp.assembly import Engine
from aicopilot_lsp.completion.types import Outcome, Trigger
from aicopilot_lsp.config.settings import (
    ModelSettings,
    Settings,
)
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models.protocol import (
    GenerateRequest,
    StreamEvent,
)
from tests.support.fixture import at_cursor
from tests.support.scripted_backend import ScriptedBackend

DOWN = ModelError("It can't be reached.", kind=ModelErrorKind.UNREACHABLE)
REMOTE_URL = "https://models.example.com"


@dataclass
class Bench:
    """An engine over the scripted models of the names given, and a clock that the test moves."""

    backends: dict[str, ScriptedBackend]
    settings: Settings = field(default_factory=Settings)
    now_s: float = 1_000.0
    version: int = 0

    def __post_init__(self) -> None:
        if self.settings.models == Settings().models:
            self.settings = replace(
                self.settings, models=tuple(remote(name) for name in self.backends)
            )
        nowhere = Path("/nonexistent")
        self.engine = Engine(
            self.settings,
            state_dir=nowhere,
            cache_dir=nowhere,
            clock=lambda: self.now_s,
            sleep=self._sleep,
        )

    async def ask(
        self, text: str = "x = ‸\n", *, trigger: Trigger = Trigger.AUTOMATIC, path: str = "a.py"
    ) -> Outcome:
        self.version += 1
        marked = text.replace("‸", f"{self.version} + ‸")  # nothing of this is remembered
        snapshot = at_cursor(marked, version=self.version, trigger=trigger)
        return await self.engine.complete(replace(snapshot, path=path))

    def asked(self) -> dict[str, int]:
        return {name: len(backend.requests) for name, backend in self.backends.items()}

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


def remote(name: str) -> ModelSettings:
    return ModelSettings(name=name, provider="scripted", url=REMOTE_URL)


@pytest.fixture
def bench_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Bench]]:
    made: dict[str, ScriptedBackend] = {}

    def factory(provider: str) -> Callable[..., ScriptedBackend]:
        if provider == "unknown":
            raise ConfigError("There is no such provider.")
        return lambda settings, context: made[settings.name]

    monkeypatch.setattr(plugins, "backend_factory", factory)

    def make(settings: Settings | None = None, **backends: ScriptedBackend) -> Bench:
        made.clear()
        made.update(backends)
        return Bench(backends, settings or Settings())

    yield make


def answered_by(outcome: Outcome) -> str | None:
    return next((each.model for each in outcome.attempts if each.failure is None), None)


class Silent(ScriptedBackend):
    """Says nothing, for ever."""

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent, None]:
        self.requests.append(request)
        self.asked.set()
        await asyncio.Event().wait()
        yield  # type: ignore[misc]  # makes it a generator
