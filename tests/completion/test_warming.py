"""Reading ahead: a request that nobody waits for."""

import asyncio
from dataclasses import replace

from aicopilot_lsp.completion.failover import Choice, NamedModel
from aicopilot_lsp.completion.memory import Memory
from aicopilot_lsp.completion.pipeline import Parts, complete
from aicopilot_lsp.completion.types import Snapshot
from aicopilot_lsp.completion.warming import warm
from aicopilot_lsp.config.settings import CompletionSettings
from aicopilot_lsp.context.types import Gathered, Snippet
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.protocol import Backend, Site
from tests.support.fixture import at_cursor
from tests.support.scripted_backend import ScriptedBackend
from tests.support.snippets import gathered, snippet

SETTINGS = CompletionSettings()
CODE = "".join(f"line_{number} = {number}\n" for number in range(40))
MANY = [snippet(f"name_{number}", lines=12) for number in range(60)]


class Bench:
    """A pipeline over a scripted model that may see all files but the one that is hidden."""

    def __init__(self, *snippets: Snippet) -> None:
        self.backend, self.memory = ScriptedBackend("answer\nmore"), Memory()
        self.snippets = snippets
        self.parts = Parts(
            models=lambda _: Choice((NamedModel("scripted", self._open, self._may_show),)),
            filters=(),
            clock=lambda: 0.0,
            sleep=asyncio.sleep,
            new_id=lambda: "s1",
            context=self,
        )
        self.hidden = ""
        self.looks: list[bool] = []  # how often the sources were asked; whether with patience
        self.followed = 0

    async def ask(self, snapshot: Snapshot) -> str:
        settings = replace(SETTINGS, debounce_ms=0)
        await complete(snapshot, settings, self.parts, self.memory)
        return self.backend.requests[-1].prompt

    async def read_ahead(self, snapshot: Snapshot) -> str | None:
        before = len(self.backend.requests)
        await warm(snapshot, SETTINGS, self.parts, self.memory)
        return self.backend.requests[-1].prompt if len(self.backend.requests) > before else None

    async def _open(self) -> Backend:
        return self.backend

    def follow(self, snapshot: Snapshot) -> None:
        self.followed += 1

    async def look(
        self, snapshot: Snapshot, *, patient: bool = False, worth_ms: float = 0.0
    ) -> Gathered:
        self.looks.append(patient)
        return gathered(*self.snippets)

    def _may_show(self, path: str) -> bool:
        return path != self.hidden


def typed(text: str) -> Snapshot:
    return at_cursor(f"{CODE}{text}‸\n", path="a.py")


async def test_the_next_request_begins_with_what_was_read_ahead() -> None:
    bench = Bench(*MANY)
    ahead = await bench.read_ahead(typed("x = "))
    asked = await bench.ask(typed("x = y"))
    assert ahead and asked.startswith(ahead.rpartition("<|fim_middle|>")[0])


async def test_more_snippets_are_read_ahead_than_somebody_would_wait_for() -> None:
    waited = await Bench(*MANY).ask(typed("x = "))
    ahead = await Bench(*MANY).read_ahead(typed("x = "))
    assert ahead and ahead.count("def name_") > waited.count("def name_") > 0


async def test_what_has_been_read_is_not_read_ahead_again() -> None:
    bench = Bench(*MANY)
    assert await bench.read_ahead(typed("x = "))
    assert await bench.read_ahead(typed("x = ")) is None


async def test_what_was_cut_short_does_not_count_as_read() -> None:
    bench = Bench(*MANY)
    first = await bench.ask(typed("x = "))
    bench.backend.hold()
    bench.backend.asked.clear()
    reading = asyncio.create_task(warm(typed("x = "), SETTINGS, bench.parts, bench.memory))
    await bench.backend.asked.wait()
    reading.cancel()
    await asyncio.wait([reading])
    bench.backend.gate.set()
    again = await bench.ask(typed("x = y"))
    assert again.startswith(first.rpartition("<|fim_middle|>")[0])


async def test_a_model_that_may_bill_for_it_reads_nothing_ahead() -> None:
    bench = Bench(*MANY)
    bench.backend.site = Site(endpoint="https://models.example.com", metered=True)
    assert await bench.read_ahead(typed("x = ")) is None


async def test_a_model_that_fails_costs_nothing_but_the_reading() -> None:
    bench = Bench(*MANY)
    bench.backend.script = ModelError("It is down.", kind=ModelErrorKind.UNREACHABLE)
    await bench.read_ahead(typed("x = "))
    assert bench.memory.of("scripted").read("file:///project/src/app.py") is None


async def test_a_model_is_shown_no_text_of_a_file_that_it_may_not_see() -> None:
    bench = Bench(snippet("open_one", path="open.py"), snippet("hidden_one", path="hidden.py"))
    bench.hidden = "hidden.py"
    prompt = await bench.ask(typed("x = "))
    assert "open_one" in prompt
    assert "hidden_one" not in prompt


async def test_what_was_shown_before_it_was_forbidden_is_taken_out() -> None:
    bench = Bench(snippet("open_one", path="open.py"), snippet("hidden_one", path="hidden.py"))
    assert "hidden_one" in await bench.ask(typed("x = "))
    bench.hidden = "hidden.py"
    assert "hidden_one" not in await bench.ask(typed("x = y"))
