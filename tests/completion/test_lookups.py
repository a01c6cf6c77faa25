"""When the sources of context are asked: where a prompt is read anew, and at no other key."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import aicopilot_lsp
from aicopilot_lsp.completion.failover import Choice, NamedModel
from aicopilot_lsp.completion.memory import Memory, ModelMemory, Read
from aicopilot_lsp.completion.pipeline import Parts, complete
from aicopilot_lsp.completion.prompt import Frozen
from aicopilot_lsp.completion.speed import Speed, Speeds, identity_of
from aicopilot_lsp.completion.types import Lookup, Outcome, OutcomeKind, Snapshot
from aicopilot_lsp.completion.warming import warm
from aicopilot_lsp.config.settings import CompletionSettings
from aicopilot_lsp.context.types import Gathered, Snippet
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.protocol import Backend, Site
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from bench.keystrokes import session
from tests.support.fixture import at_cursor
from tests.support.scripted_backend import ScriptedBackend
from tests.support.snippets import gathered, snippet

SETTINGS = replace(CompletionSettings(), debounce_ms=0)
ROOM = Path(aicopilot_lsp.__file__).parent
FILES = [ROOM / name for name in ("completion/failover.py", "text/document.py", "models/sse.py")]
ABOVE = "".join(f"line_{number} = {number}\n" for number in range(400))


class Bench:
    """A pipeline over scripted models, and the places that the sources were asked about."""

    def __init__(self, *backends: ScriptedBackend) -> None:
        self.backends = backends or (ScriptedBackend("0\nmore"),)
        self.memory, self.now_s, self.worth_ms = Memory(), 0.0, 0.0
        self.followed: list[Snapshot] = []
        self.looked: list[tuple[Snapshot, bool]] = []  # whether with patience
        self.answers = asyncio.Event()  # they wait for it
        self.answers.set()
        self.finds: Callable[[Snapshot], Gathered | None] = self._two
        models = tuple(
            NamedModel(f"model {number}", _opening(backend))
            for number, backend in enumerate(self.backends)
        )
        self.parts = Parts(
            models=lambda _: Choice(models),
            filters=(),
            clock=lambda: self.now_s,
            sleep=asyncio.sleep,
            new_id=lambda: "s1",
            context=self,
        )

    async def ask(self, snapshot: Snapshot) -> Outcome:
        return await complete(snapshot, SETTINGS, self.parts, self.memory)

    async def rest(self, snapshot: Snapshot) -> None:
        await warm(snapshot, SETTINGS, self.parts, self.memory)

    def follow(self, snapshot: Snapshot, /) -> None:
        self.followed.append(snapshot)

    async def look(
        self, snapshot: Snapshot, /, *, patient: bool = False, worth_ms: float = 0.0
    ) -> Gathered | None:
        self.looked.append((snapshot, patient))
        self.worth_ms = worth_ms
        await self.answers.wait()
        return self.finds(snapshot)

    def _two(self, snapshot: Snapshot) -> Gathered:
        return self._found(snapshot, snippet("take_stock"), snippet("count_shelves"))

    def three(self, snapshot: Snapshot) -> Gathered:
        names = ("take_stock", "count_shelves", "open_shop")
        return self._found(snapshot, *map(snippet, names))

    def with_little(self, snapshot: Snapshot) -> Gathered:
        return self._found(
            snapshot, snippet("take_stock"), snippet("count_shelves"), snippet("odd", score=0.2)
        )

    def _found(self, snapshot: Snapshot, *snippets: Snippet) -> Gathered:
        found = gathered(*snippets)
        situation = replace(found.situation, document=snapshot.document, cursor=snapshot.cursor)
        return replace(found, situation=situation)


def _opening(backend: ScriptedBackend) -> Callable[[], asyncio.Future[Backend]]:
    def opened() -> asyncio.Future[Backend]:
        future: asyncio.Future[Backend] = asyncio.get_running_loop().create_future()
        future.set_result(backend)
        return future

    return opened


def typed(text: str, *, below: str = "", uri: str = "file:///w/a.py") -> Snapshot:
    return at_cursor(f"{ABOVE}{text}‸\n{below}", path="a.py", uri=uri)


async def test_they_are_asked_for_the_first_key_of_a_stretch_and_followed_at_each() -> None:
    bench = Bench()
    keys = [typed("take_stock"[:end]) for end in range(1, 11)]
    prompts = [outcome.sent.prompt for key in keys if (outcome := await bench.ask(key)).sent]
    assert [asked for asked, _ in bench.looked] == keys[:1]
    assert bench.followed == keys
    assert len(prompts) == len(keys)
    assert all("def take_stock" in prompt for prompt in prompts)


async def test_the_slower_a_model_reads_the_longer_they_are_waited_for() -> None:
    waited_ms = []
    for reads_per_s in (100.0, 10_000.0):
        bench = Bench()
        identity = identity_of(bench.backends[0].model, bench.backends[0].site)
        bench.memory.speeds = Speeds({identity: Speed(reads_per_s=reads_per_s)})
        await bench.ask(typed("x = "))
        waited_ms.append(bench.worth_ms)
    slow, fast = waited_ms
    assert slow > 10 * fast > 0
    assert slow < 500


async def test_they_are_asked_where_the_window_moves() -> None:
    bench = Bench()
    there, elsewhere = typed("x = "), at_cursor(f"y = ‸\n{ABOVE}", path="a.py")
    elsewhere = replace(elsewhere, document=replace(elsewhere.document, uri="file:///w/a.py"))
    for snapshot in (there, elsewhere, elsewhere, there):
        bench.memory.cache.forget("file:///w/a.py")
        await bench.ask(snapshot)
    assert [asked for asked, _ in bench.looked] == [there, elsewhere, there]


async def test_in_a_rest_they_are_asked_with_patience() -> None:
    bench = Bench()
    await bench.ask(typed("x = "))
    await bench.rest(typed("x = "))
    assert [patient for _, patient in bench.looked] == [False, True]


async def test_in_a_rest_with_nothing_new_the_model_keeps_what_it_has_read() -> None:
    bench = Bench()
    first = await bench.ask(typed("x = "))
    asked = len(bench.backends[0].requests)
    await bench.rest(typed("x = take"))
    assert len(bench.backends[0].requests) == asked
    bench.finds = bench.with_little
    await bench.rest(typed("x = take"))
    assert len(bench.backends[0].requests) == asked
    second = await bench.ask(typed("x = take"))
    assert first.sent and second.sent
    assert second.sent.prompt.startswith(first.sent.prompt.rpartition("x = ")[0])


async def test_in_a_rest_with_something_new_the_model_reads_it_and_the_window_too() -> None:
    bench = Bench()
    await bench.ask(typed("x = "))
    bench.finds = bench.three
    asked = len(bench.backends[0].requests)
    await bench.rest(typed("x = "))
    assert len(bench.backends[0].requests) == asked + 1
    assert "def open_shop" in bench.backends[0].requests[-1].prompt


async def test_in_a_rest_they_are_not_asked_for_a_model_that_reads_nothing_ahead() -> None:
    bench = Bench(ScriptedBackend(site=Site(endpoint="https://models.example.com", metered=True)))
    await bench.rest(typed("x = "))
    assert bench.looked == []


async def test_one_request_asks_them_once_whatever_models_have_their_turn() -> None:
    down = ScriptedBackend(ModelError("It is down.", kind=ModelErrorKind.INTERRUPTED))
    bench = Bench(down, ScriptedBackend("0\nmore"))
    outcome = await bench.ask(typed("x = "))
    assert [attempt.failure for attempt in outcome.attempts] == ["interrupted", None]
    assert len(bench.looked) == 1
    assert outcome.sent and outcome.sent.gathered and "def take_stock" in outcome.sent.prompt


async def test_a_request_that_asks_none_tells_when_they_were_asked_and_what_they_found() -> None:
    bench = Bench()
    first = await bench.ask(typed("x"))
    bench.now_s = 12.0
    second = await bench.ask(typed("xy"))
    assert first.sent and second.sent
    assert first.sent.looked_before_s is None and first.sent.gathered is not None
    assert second.sent.looked_before_s == 12.0 and second.sent.gathered is None
    assert second.sent.lookup == first.sent.lookup
    assert "context" in first.timings_ms and "context" not in second.timings_ms

    bench.finds = bench.three
    await bench.rest(typed("xy"))
    bench.now_s = 15.0
    third = await bench.ask(typed("xyz"))
    assert third.sent and third.sent.lookup
    assert third.sent.lookup.resting and third.sent.looked_before_s == 3.0


async def test_where_they_take_all_the_time_no_model_is_to_blame() -> None:
    bench = Bench()
    bench.answers.clear()
    outcome = await complete(
        typed("x"), replace(SETTINGS, deadline_ms=20), bench.parts, bench.memory
    )
    assert (outcome.kind, outcome.reason) == (OutcomeKind.TIMEOUT, "context")
    assert outcome.message.startswith("No model was asked within")
    assert outcome.timed_out == ""


async def test_where_they_find_nothing_in_time_what_was_found_before_is_still_told() -> None:
    bench = Bench()
    first = await bench.ask(typed("x"))
    bench.finds = lambda _: None
    bench.memory.cache.forget("file:///w/a.py")
    elsewhere = at_cursor(f"y = ‸\n{ABOVE}", path="a.py", uri="file:///w/a.py")
    second = await bench.ask(elsewhere)
    assert len(bench.looked) == 2
    assert first.sent and second.sent
    assert second.sent.chosen == first.sent.chosen
    assert second.sent.lookup == first.sent.lookup
    assert (first.sent.in_vain, second.sent.in_vain) == (False, True)


async def test_a_prompt_is_told_as_that_of_the_model_that_it_was_sent_to() -> None:
    down = ModelError("It is down.", kind=ModelErrorKind.INTERRUPTED)
    bench = Bench(ScriptedBackend(down), ScriptedBackend("0\nmore"))
    outcome = await bench.ask(typed("x = "))
    assert outcome.sent and outcome.sent.passed_on == ""

    bench = Bench(ScriptedBackend(down), ScriptedBackend(tokenizes=False))
    bench.backends[1].prepare = _failing  # type: ignore[method-assign]
    outcome = await bench.ask(typed("x = "))
    assert outcome.kind is OutcomeKind.MODEL_ERROR
    assert outcome.sent and outcome.sent.passed_on == "model 0"


async def _failing() -> None:
    raise ModelError("It is not there.", kind=ModelErrorKind.UNREACHABLE)


async def test_in_a_session_of_typing_they_are_asked_for_few_keys() -> None:
    bench, keys = Bench(), 0
    texts = [path.read_text(encoding="utf-8") for path in FILES]
    for key in session(texts, keys=600):
        uri = FILES[key.file].as_uri()
        document = DocumentSnapshot.from_text(key.text, uri=uri, language_id="python", version=keys)
        bench.memory.cache.forget(uri)
        outcome = await bench.ask(
            Snapshot(document=document, cursor=Point(*key.cursor), path=FILES[key.file].name)
        )
        assert outcome.sent
        keys += 1
    assert len(bench.backends[0].requests) == len(bench.followed) == keys >= 600
    assert len(bench.looked) < keys / 50


def test_what_they_found_is_kept_of_few_documents_and_what_a_model_has_read_of_all() -> None:
    known, lookup = ModelMemory(), Lookup(gathered=gathered(snippet("take_stock")))
    read = Read(Frozen(0, 0, (), 100), (), lookup)
    uris = [f"file:///{number}.py" for number in range(10)]
    for uri in uris:
        known.note(uri, read)
    kept = [known.read(uri) for uri in uris]
    assert [one.lookup is lookup for one in kept if one] == [False] * 6 + [True] * 4
    known.forget(uris[-1])
    assert known.read(uris[-1]) is None
