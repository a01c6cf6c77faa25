"""The engine with scripted models: who is asked, in which order, and with what."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace

import pytest

from aicopilot_lsp import plugins
from aicopilot_lsp.completion.types import Attempt, OutcomeKind, Trigger
from aicopilot_lsp.config.settings import (
    CompletionSettings,
    ModelSettings,
    Settings,
)
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.protocol import (
    GenerateRequest,
    Healing,
    Mode,
    Prompting,
    Site,
    StreamEvent,
)
from tests.support.fixture import at_cursor
from tests.support.scripted_backend import ScriptedBackend
from tests.support.scripted_models import DOWN, REMOTE_URL, Bench, Silent, answered_by, remote


@dataclass
class Closable(ScriptedBackend):
    """Counts how often it is closed."""

    closed: int = 0

    async def aclose(self) -> None:
        self.closed += 1


async def test_the_next_model_answers_where_the_first_is_down(
    bench_of: Callable[..., Bench],
) -> None:
    bench = bench_of(first=ScriptedBackend(DOWN), second=ScriptedBackend("y\n", model="other"))
    outcome = await bench.ask()
    assert outcome.kind is OutcomeKind.SHOWN
    assert outcome.model == "other"
    failed = Attempt(model="first", failure="unreachable", message=str(DOWN))
    assert outcome.attempts == (failed, Attempt(model="second"))
    again = await bench.ask()
    assert again.attempts == (replace(failed, asked=False), Attempt(model="second"))
    assert bench.asked() == {"first": 1, "second": 2}


@pytest.mark.parametrize("kind", [kind for kind in ModelErrorKind if kind != "not_configured"])
async def test_whatever_befalls_the_first_the_second_is_asked(
    bench_of: Callable[..., Bench], kind: ModelErrorKind
) -> None:
    first = ScriptedBackend(ModelError("No.", kind=kind))
    bench = bench_of(first=first, second=ScriptedBackend("y\n"))
    assert answered_by(await bench.ask()) == "second"


async def test_a_provider_that_is_unknown_does_not_take_the_others_down(
    bench_of: Callable[..., Bench],
) -> None:
    models = (replace(remote("first"), provider="unknown"), remote("second"))
    bench = bench_of(Settings(models=models), second=ScriptedBackend("y\n"))
    outcome = await bench.ask()
    assert (outcome.attempts[0].failure, answered_by(outcome)) == ("not_configured", "second")


async def test_where_all_fail_the_first_ones_words_are_told(bench_of: Callable[..., Bench]) -> None:
    second = ModelError("Busy.", kind=ModelErrorKind.BUSY)
    bench = bench_of(first=ScriptedBackend(DOWN), second=ScriptedBackend(second))
    outcome = await bench.ask()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.MODEL_ERROR, "unreachable")
    assert [each.failure for each in outcome.attempts] == ["unreachable", "busy"]


class BreaksOff(ScriptedBackend):
    """Streams its script and then breaks off."""

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent, None]:
        async for event in super().generate(request):
            yield event
            if self.streamed == len(str(self.script)):
                raise ModelError("It broke off.", kind=ModelErrorKind.INTERRUPTED)


async def test_what_models_were_sent_is_kept_of_the_last_four_documents_only(
    bench_of: Callable[..., Bench],
) -> None:
    bench = bench_of(only=ScriptedBackend("y\n"))
    uris = [f"file:///w/{number}.py" for number in range(6)]
    for uri in uris:
        outcome = await bench.engine.complete(at_cursor(f"{uri!r} + ‸\n", uri=uri))
        assert outcome.sent is not None and uri in outcome.sent.prompt
    latest = [bench.engine.last_outcome(uri) for uri in uris]
    assert [one is not None and one.sent is not None for one in latest] == [False] * 2 + [True] * 4
    assert [one is not None and one.kind for one in latest] == [OutcomeKind.SHOWN] * 6
    bench.engine.note(uris[5], OutcomeKind.SUPERSEDED)
    before = bench.engine.last_asked(uris[5])
    assert before is not None and before.sent is not None
    bench.engine.document_closed(uris[5])
    assert bench.engine.last_asked(uris[5]) is None


async def test_nothing_of_a_failed_answer_is_joined_to_the_next(
    bench_of: Callable[..., Bench],
) -> None:
    bench = bench_of(first=BreaksOff("left"), second=ScriptedBackend("right\n"))
    outcome = await bench.ask()
    assert [suggestion.text for suggestion in outcome.suggestions] == ["right"]
    assert outcome.attempts[0].failure == "interrupted"


async def test_each_model_gets_its_own_prompt(bench_of: Callable[..., Bench]) -> None:
    native = Prompting(mode=Mode.NATIVE, healing=Healing.NONE)
    first, second = ScriptedBackend(DOWN), ScriptedBackend("y\n", prompting=native)
    await bench_of(first=first, second=second).ask()
    assert first.requests[0].prompt
    assert first.requests[0].hole is None
    assert second.requests[0].prompt == ""
    assert second.requests[0].hole is not None


async def test_what_one_model_has_read_of_a_file_is_not_taken_for_what_another_has(
    bench_of: Callable[..., Bench],
) -> None:
    """The frozen window is each model's own: it is sized by the model's speed and room."""
    lines = "".join(f"value_{number} = {number}\n" for number in range(400))
    small = Site(window_tokens=512)
    first, second = ScriptedBackend("y\n"), ScriptedBackend("y\n", site=small)
    bench = bench_of(first=first, second=second)
    await bench.ask(f"{lines}x = ‸\n")
    first.script = DOWN
    await bench.ask(f"{lines}x = ‸\n")
    assert len(second.requests[0].prompt) < len(first.requests[0].prompt)
    first.script = "y\n"
    bench.now_s += 1
    await bench.ask(f"{lines}x = ‸\n")
    prompts = [request.prompt.partition("<|fim_middle|>")[0] for request in first.requests]
    assert prompts[0] == prompts[-1]


@pytest.mark.parametrize(
    ("endpoint", "deadline_s", "trigger", "share_s"),
    [
        ("https://models.example.com", 0.6, Trigger.AUTOMATIC, 0.3),
        ("https://models.example.com", 15, Trigger.AUTOMATIC, 2),
        ("https://models.example.com", 15, Trigger.INVOKED, 5),
        ("http://127.0.0.1:8080", 15, Trigger.AUTOMATIC, 7.5),
        ("", 15, Trigger.AUTOMATIC, 7.5),
    ],
)
async def test_a_model_that_is_not_the_last_has_a_share_of_the_time(
    bench_of: Callable[..., Bench],
    endpoint: str,
    deadline_s: float,
    trigger: Trigger,
    share_s: float,
) -> None:
    models = (remote("first"), remote("second"))
    completion = CompletionSettings(deadline_ms=int(1000 * deadline_s))
    first = ScriptedBackend(DOWN, site=Site(endpoint=endpoint))
    bench = bench_of(
        Settings(models=models, completion=completion), first=first, second=ScriptedBackend("y")
    )
    await bench.ask(trigger=trigger)
    assert first.requests[0].begin_within_s == pytest.approx(share_s)
    assert bench.backends["second"].requests[0].begin_within_s is None


async def test_a_model_that_hangs_leaves_time_for_the_next(bench_of: Callable[..., Bench]) -> None:
    settings = Settings(
        models=(remote("first"), remote("second")),
        completion=CompletionSettings(deadline_ms=1_000),
    )
    first = Silent()
    bench = bench_of(settings, first=first, second=ScriptedBackend("y\n"))
    outcome = await bench.ask()
    assert outcome.kind is OutcomeKind.SHOWN
    assert outcome.attempts[0].failure == "timeout"
    assert (await bench.ask()).attempts[0].asked is False


async def test_a_model_that_is_being_loaded_is_no_outage_and_the_next_serves(
    bench_of: Callable[..., Bench],
) -> None:
    loaded = asyncio.Event()
    first = ScriptedBackend("slow\n")
    first.prepare = loaded.wait  # type: ignore[method-assign, assignment]
    settings = Settings(
        models=(remote("first"), remote("second")),
        completion=CompletionSettings(deadline_ms=200),
    )
    bench = bench_of(settings, first=first, second=ScriptedBackend("y\n"))
    outcome = await bench.ask()
    assert [each.failure for each in outcome.attempts] == ["starting", None]
    loaded.set()
    assert answered_by(await bench.ask()) == "first"


async def test_a_request_that_outlives_the_settings_brings_no_old_address_into_the_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: dict[str, Closable] = {}

    def create(settings: ModelSettings, _: object) -> ScriptedBackend:
        return made.setdefault(settings.url or "", Closable("y\n"))

    monkeypatch.setattr(plugins, "backend_factory", lambda _: create)
    bench = Bench({"model": Closable()})
    resting, rested = asyncio.Event(), asyncio.Event()

    async def rest(seconds: float) -> None:
        resting.set()
        await rested.wait()

    monkeypatch.setattr(bench.engine, "_sleep", rest)
    before = asyncio.create_task(bench.ask())
    await resting.wait()
    moved = replace(bench.settings.models[0], url="https://other.example.com")
    await bench.engine.reconfigure(replace(bench.settings, models=(moved,)))
    rested.set()
    await before
    await bench.ask()
    old, new = made[REMOTE_URL], made["https://other.example.com"]
    assert (len(old.requests), len(new.requests)) == (1, 1)
    await bench.engine.aclose()
    assert (old.closed, new.closed) == (1, 1)
