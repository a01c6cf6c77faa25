"""The engine with scripted models: who is asked, in which order, and how often."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from aicopilot_lsp import plugins
from aicopilot_lsp.assembly import Engine
from aicopilot_lsp.completion.types import Attempt, Outcome, OutcomeKind, Trigger
from aicopilot_lsp.config.settings import (
    CompletionSettings,
    DataClass,
    ModelSettings,
    RouteSettings,
    Settings,
)
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
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


@dataclass
class Closable(ScriptedBackend):
    """Counts how often it is closed."""

    closed: int = 0

    async def aclose(self) -> None:
        self.closed += 1


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


class Silent(ScriptedBackend):
    """Says nothing, for ever."""

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent, None]:
        self.requests.append(request)
        self.asked.set()
        await asyncio.Event().wait()
        yield  # type: ignore[misc]  # makes it a generator


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


async def test_an_outage_of_ten_minutes_costs_thirty_probes_and_ends_by_itself(
    bench_of: Callable[..., Bench],
) -> None:
    model = ScriptedBackend(DOWN)
    bench = bench_of(model=model)
    reasons = set()
    for _ in range(600 * 5):
        bench.now_s += 0.2
        reasons.add((await bench.ask()).reason)
    assert reasons == {"unreachable"}
    assert len(model.requests) <= 30
    model.script = "y\n"
    waited_s = 0.0
    while (await bench.ask()).kind is not OutcomeKind.SHOWN:
        bench.now_s += 0.2
        waited_s += 0.2
    assert waited_s <= 25
    assert (await bench.ask()).kind is OutcomeKind.SHOWN


async def test_the_same_holds_where_a_second_model_serves(bench_of: Callable[..., Bench]) -> None:
    first = ScriptedBackend(DOWN)
    bench = bench_of(first=first, second=ScriptedBackend("y\n"))
    for _ in range(600):
        bench.now_s += 1
        assert answered_by(await bench.ask()) == "second"
    assert len(first.requests) <= 30
    first.script = "y\n"
    bench.now_s += 25
    assert answered_by(await bench.ask()) == "first"


async def test_a_wrong_key_is_not_hammered_with_and_new_settings_count_at_once(
    bench_of: Callable[..., Bench],
) -> None:
    model = ScriptedBackend(ModelError("Check the key.", kind=ModelErrorKind.AUTH))
    bench = bench_of(model=model)
    for _ in range(5):
        assert (await bench.ask()).reason == "auth"
    assert len(model.requests) == 1
    model.script = "y\n"
    filters = replace(bench.settings.filters, disabled=("fence",))
    await bench.engine.reconfigure(replace(bench.settings, filters=filters))
    assert (await bench.ask()).kind is OutcomeKind.SHOWN


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


async def test_who_asks_by_hand_is_not_kept_waiting(bench_of: Callable[..., Bench]) -> None:
    model = ScriptedBackend(DOWN)
    bench = bench_of(model=model)
    for _ in range(60):
        bench.now_s += 1
        await bench.ask()
    model.script = "y\n"
    bench.now_s += 2
    assert (await bench.ask()).kind is OutcomeKind.MODEL_ERROR
    assert (await bench.ask(trigger=Trigger.INVOKED)).kind is OutcomeKind.SHOWN


async def test_what_the_user_types_over_tells_nothing_of_the_model(
    bench_of: Callable[..., Bench],
) -> None:
    model = Silent()
    bench = bench_of(model=model)
    for count in range(1, 4):
        task = asyncio.create_task(bench.ask())
        await model.asked.wait()
        model.asked.clear()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(model.requests) == count


async def test_a_probe_that_is_typed_over_still_finds_the_model_back(
    bench_of: Callable[..., Bench],
) -> None:
    model = ScriptedBackend(DOWN)
    bench = bench_of(model=model)
    await bench.ask()
    bench.now_s += 1
    model.script = "yes\n"
    model.hold()
    model.asked.clear()
    task = asyncio.create_task(bench.ask())
    await model.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    model.gate.set()
    # The clock stands still: no other probe is due.
    outcomes = [await bench.ask() for _ in range(20)]
    assert outcomes[-1].kind is OutcomeKind.SHOWN
    assert model.closed_early >= 1
    await bench.engine.aclose()


async def test_closing_the_engine_ends_a_probe_that_nobody_waits_for(
    bench_of: Callable[..., Bench],
) -> None:
    model = ScriptedBackend(DOWN)
    bench = bench_of(model=model)
    await bench.ask()
    bench.now_s += 1
    model.script = "yes\n"
    model.hold()
    model.asked.clear()
    task = asyncio.create_task(bench.ask())
    await model.asked.wait()
    task.cancel()
    await asyncio.wait((task,))
    assert model.closed_early == 0
    await bench.engine.aclose()
    assert model.closed_early == 1


async def test_a_silence_up_to_the_deadline_pauses_a_model_as_a_failure_does(
    bench_of: Callable[..., Bench],
) -> None:
    model = Silent()
    settings = Settings(models=(remote("model"),), completion=CompletionSettings(deadline_ms=100))
    bench = bench_of(settings, model=model)
    assert (await bench.ask()).kind is OutcomeKind.TIMEOUT
    assert (await bench.ask()).reason == "timeout"
    assert len(model.requests) == 1


# Routes

NAMES = ("home", "far", "farther")
PATHS = ("a.py", "restricted/a.py", "b/c.rs", "")
CLASSES = MappingProxyType({"restricted": DataClass(patterns=("restricted/",))})
_names = st.lists(st.sampled_from((*NAMES, "local", "remote", "nobody")), max_size=3)
_routes = st.lists(
    st.builds(
        RouteSettings,
        data_class=st.sampled_from((None, "restricted")),
        paths=st.sampled_from((None, ("*.py",), ("b/",))),
        languages=st.sampled_from((None, ("python",), ("rust", "python"))),
        use=st.none() | _names.map(tuple),
        only=st.none() | _names.map(tuple),
        never=st.none() | _names.map(tuple),
    ),
    max_size=5,
)


def holds(route: RouteSettings, path: str) -> bool:
    """By the meaning of the few conditions above, and not by their patterns."""
    by_paths: dict[object, bool] = {
        None: True,
        ("*.py",): path.endswith(".py"),
        ("b/",): path.startswith("b/"),
    }
    under = by_paths[route.paths]
    restricted = path.startswith("restricted/") or route.data_class is None
    return under and restricted and (route.languages is None or "python" in route.languages)


def forbidden(routes: list[RouteSettings], path: str) -> set[str]:
    groups = {"local": {"home"}, "remote": {"far", "farther"}}
    found: set[str] = set()
    for route in routes:
        if holds(route, path):
            only, never = (
                set().union(*(groups.get(name, {name}) for name in names or ()))
                for names in (route.only, route.never)
            )
            found |= never
            if route.only is not None:
                found |= set(NAMES) - only
    return found


@example_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(routes=_routes, path=st.sampled_from(PATHS), failing=st.sets(st.sampled_from(NAMES)))
def test_a_forbidden_model_is_never_asked(
    bench_of: Callable[..., Bench], routes: list[RouteSettings], path: str, failing: set[str]
) -> None:
    backends = {name: ScriptedBackend(DOWN if name in failing else "y\n") for name in NAMES}
    home = replace(remote("home"), url="http://localhost:8080")
    models = (remote("far"), home, remote("farther"))
    settings = Settings(models=models, routes=tuple(routes), data_classes=CLASSES)
    bench = bench_of(settings, **backends)
    outcome = asyncio.run(bench.ask(path=path))
    asked = {name for name, count in bench.asked().items() if count}
    never = forbidden(routes, path)
    assert not asked & never
    assert {each.model for each in outcome.attempts}.isdisjoint(never)
    if outcome.kind is OutcomeKind.NOT_TRIGGERED:
        assert (outcome.rule, asked) == ("no-model-allowed", set())
        assert outcome.message
    if never == set(NAMES):
        assert outcome.rule == "no-model-allowed"


async def test_a_suggestion_from_before_is_not_served_where_no_model_may_look(
    bench_of: Callable[..., Bench],
) -> None:
    route = RouteSettings(paths=("secret/",), only=(), source="config.toml:7")
    settings = Settings(models=(remote("far"),), routes=(route,))
    bench = bench_of(settings, far=ScriptedBackend("y\n"))
    snapshot = at_cursor("x = ‸\n")
    assert (await bench.engine.complete(replace(snapshot, path="a.py"))).suggestions
    outcome = await bench.engine.complete(replace(snapshot, path="secret/a.py"))
    assert (outcome.kind, outcome.rule) == (OutcomeKind.NOT_TRIGGERED, "no-model-allowed")
    assert "config.toml:7" in outcome.message
    assert '"far"' in outcome.message
