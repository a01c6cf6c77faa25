"""The engine with context from elsewhere: who may be shown what, and reading ahead after a rest."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from aicopilot_lsp import plugins
from aicopilot_lsp.assembly import Engine
from aicopilot_lsp.completion.types import Outcome, Snapshot
from aicopilot_lsp.config.settings import (
    CompletionSettings,
    ModelSettings,
    RouteSettings,
    Settings,
)
from aicopilot_lsp.context.types import Around, Gathered, Snippet
from tests.support.fixture import at_cursor
from tests.support.scripted_backend import ScriptedBackend
from tests.support.snippets import gathered, snippet

REMOTE = ModelSettings(name="far", provider="scripted", url="https://models.example.com")
LOCAL = ModelSettings(name="near", provider="scripted", url="http://127.0.0.1:1")
CODE = "".join(f"line_{number} = {number}\n" for number in range(40))


class FixedContext:
    """A context engine that always finds the same."""

    def __init__(self, *snippets: Snippet) -> None:
        self.snippets = snippets
        self.closed: list[str] = []
        self.settings: list[Settings] = []

    def follow(self, *_: object) -> None:
        return None

    async def gather(self, *_: object, patient: bool, worth_ms: float) -> Gathered:
        return gathered(*self.snippets)

    def document_closed(self, uri: str) -> None:
        self.closed.append(uri)

    async def reconfigure(self, settings: Settings) -> None:
        self.settings.append(settings)

    async def aclose(self) -> None:
        self.closed.append("all")


class Bench:
    """An engine over one scripted model; rests end when the test says so."""

    def __init__(self, backend: ScriptedBackend, context: FixedContext, settings: Settings) -> None:
        self.backend, self.context = backend, context
        self.rests: list[asyncio.Event] = []
        nowhere = Path("/nonexistent")
        self.engine = Engine(
            settings,
            state_dir=nowhere,
            cache_dir=nowhere,
            clock=lambda: 0.0,
            sleep=self._sleep,
            remembers_speed=False,
            context=cast(Any, context),
        )

    async def ask(self, typed: str) -> Outcome:
        return await self.engine.complete(self.snapshot(typed))

    def snapshot(self, typed: str) -> Snapshot:
        asked = at_cursor(f"{CODE}{typed}‸\n", path="a.py", uri="file:///w/a.py")
        return replace(asked, around=Around(root="/w"))

    def prompts(self) -> list[str]:
        return [request.prompt for request in self.backend.requests]

    async def _sleep(self, seconds: float) -> None:
        if seconds:
            rest = asyncio.Event()
            self.rests.append(rest)
            await rest.wait()


BenchOf = Callable[..., Bench]


@pytest.fixture
def bench_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[BenchOf]:
    backend = ScriptedBackend("answer\nmore")
    monkeypatch.setattr(plugins, "backend_factory", lambda _: lambda settings, context: backend)

    def make(*snippets: Snippet, model: ModelSettings = LOCAL, **changes: Any) -> Bench:
        settings = Settings(models=(model,), **changes)
        settings = replace(
            settings, completion=replace(CompletionSettings(), debounce_ms=0, read_ahead_ms=2_000)
        )
        return Bench(backend, FixedContext(*snippets), settings)

    yield make


SECRET = RouteSettings(paths=("private/**",), only=("local",))


async def test_a_model_elsewhere_is_shown_nothing_of_a_file_that_must_not_leave(
    bench_of: BenchOf,
) -> None:
    found = (snippet("open_one", path="open.py"), snippet("kept_one", path="private/kept.py"))
    bench = bench_of(*found, model=REMOTE, routes=(SECRET,))
    await bench.ask("x = ")
    assert "open_one" in bench.prompts()[-1]
    assert "kept_one" not in bench.prompts()[-1]
    await bench.engine.aclose()


async def test_a_model_on_this_machine_is_shown_it(bench_of: BenchOf) -> None:
    bench = bench_of(snippet("kept_one", path="private/kept.py"), routes=(SECRET,))
    await bench.ask("x = ")
    assert "kept_one" in bench.prompts()[-1]
    await bench.engine.aclose()


async def test_an_order_of_models_for_another_file_forbids_nothing(bench_of: BenchOf) -> None:
    order = RouteSettings(paths=("*.sql",), use=("local",))
    bench = bench_of(snippet("a_query", path="a.sql"), model=REMOTE, routes=(order,))
    await bench.ask("x = ")
    assert "a_query" in bench.prompts()[-1]
    await bench.engine.aclose()


MANY = [snippet(f"name_{number}", lines=12) for number in range(60)]


async def test_after_a_rest_the_model_reads_ahead_once(bench_of: BenchOf) -> None:
    bench = bench_of(*MANY)
    await bench.ask("x = ")
    await asyncio.sleep(0)
    assert len(bench.rests) == len(bench.backend.requests) == 1
    bench.backend.asked.clear()
    bench.rests[0].set()
    await bench.backend.asked.wait()
    assert [request.max_tokens for request in bench.backend.requests][1:] == [1]
    await bench.engine.aclose()


async def test_whoever_types_on_is_not_held_up_by_reading_ahead(bench_of: BenchOf) -> None:
    bench = bench_of(*MANY)
    await bench.ask("x = ")
    await asyncio.sleep(0)
    bench.backend.asked.clear()
    bench.backend.hold()
    bench.rests[0].set()
    await bench.backend.asked.wait()  # it is reading
    bench.backend.gate.set()
    outcome = await bench.ask("x = y")
    assert outcome.suggestions
    assert bench.prompts()[-1].startswith(bench.prompts()[0].rpartition("<|fim_middle|>")[0])
    await bench.engine.aclose()


async def test_a_new_request_ends_the_rest_before_it(bench_of: BenchOf) -> None:
    bench = bench_of(*MANY)
    await bench.ask("x = ")
    await asyncio.sleep(0)
    await bench.ask("x = y")
    bench.rests[0].set()
    await asyncio.sleep(0)
    assert len(bench.backend.requests) == 2
    await bench.engine.aclose()


async def test_nothing_is_read_ahead_for_a_document_that_is_closed(bench_of: BenchOf) -> None:
    bench = bench_of(*MANY)
    await bench.ask("x = ")
    await asyncio.sleep(0)
    bench.engine.document_closed("file:///w/a.py")
    bench.rests[0].set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(bench.backend.requests) == 1
    await bench.engine.aclose()


async def test_what_was_asked_under_other_settings_is_not_read_ahead_under_new_ones(
    bench_of: BenchOf,
) -> None:
    bench = bench_of(*MANY)
    bench.backend.hold()
    asked = asyncio.create_task(bench.ask("x = "))
    await bench.backend.asked.wait()
    changed = replace(bench.engine.settings.completion, exclude=("b.py",))
    await bench.engine.reconfigure(replace(bench.engine.settings, completion=changed))
    bench.backend.gate.set()
    assert (await asked).suggestions
    await asyncio.sleep(0)
    assert bench.rests == []  # its snapshot holds text of files that may be excluded now
    await bench.engine.aclose()


async def test_where_other_files_have_changed_a_prompt_is_made_anew(bench_of: BenchOf) -> None:
    bench = bench_of(snippet("gone", path="gone.py"))
    await bench.ask("x = ")
    bench.context.snippets = ()
    await bench.ask("x = y")
    assert "def gone" in bench.prompts()[-1]  # what has been read costs nothing
    bench.engine.elsewhere_changed()
    await bench.ask("x = yz")
    assert "def gone" not in bench.prompts()[-1]
    await bench.engine.aclose()


async def test_nobody_rests_while_another_request_is_under_way(bench_of: BenchOf) -> None:
    bench = bench_of(*MANY)
    bench.backend.hold()
    first = asyncio.create_task(bench.ask("x = "))
    await bench.backend.asked.wait()
    other = await bench.engine.complete(at_cursor("x‸x", uri="file:///w/b.py"))
    await asyncio.sleep(0)
    assert (other.reason, bench.rests) == ("inside-word", [])
    bench.backend.gate.set()
    await first
    await asyncio.sleep(0)
    assert len(bench.rests) == 1
    await bench.engine.aclose()


async def test_closing_and_new_settings_reach_the_context_engine(bench_of: BenchOf) -> None:
    bench = bench_of()
    bench.engine.document_closed("file:///w/a.py")
    changed = replace(bench.engine.settings, completion=CompletionSettings(max_lines=3))
    await bench.engine.reconfigure(changed)
    await bench.engine.aclose()
    assert bench.context.closed == ["file:///w/a.py", "all"]
    assert bench.context.settings == [changed]
