"""Sources run at once under one budget; what is late serves the next request."""

import asyncio
import contextlib
import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from aicopilot_lsp.context import gather as gather_module
from aicopilot_lsp.context.asked_once import AskedOnce
from aicopilot_lsp.context.gather import Gatherer
from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.sound import MAX_SNIPPETS
from aicopilot_lsp.context.types import (
    Around,
    Chosen,
    Diagnostic,
    Gathered,
    Hunk,
    NearName,
    Rendering,
    Situation,
    Size,
    Snippet,
)
from aicopilot_lsp.store.index.types import Symbol
from tests.context.asking import situation_of
from tests.support.memory_index import MemoryIndex

_PROMPT_S = 60.0  # is never reached: all sources answer


def _snippet(source: str, text: str) -> Snippet:
    rendering = Rendering(size=Size.WHOLE, text=text, names=frozenset({text}))
    return Snippet(
        source=source, path="other.py", first=0, last=1, score=1, renderings=(rendering,)
    )


class _Scripted:
    """Answers when it is let go, with what it was asked."""

    def __init__(self, name: str, *, held: bool = False, raises: Exception | None = None) -> None:
        self.name, self._raises = name, raises
        self.go = asyncio.Event()
        self.asked: list[int] = []
        self.begun = asyncio.Event()
        self.cancelled = False
        self.patience = 1.0
        if not held:
            self.go.set()

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        self.asked.append(situation.cursor.line)
        self.begun.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self._raises is not None:
            raise self._raises
        return [_snippet(self.name, f"line_{situation.cursor.line}")]


def _gatherer(*sources: _Scripted) -> Gatherer:
    ticks = iter(range(1_000))
    return Gatherer(sources, MemoryIndex(), lambda: float(next(ticks)))


def _at(line: int) -> Situation:
    return situation_of("\n" * line + "‸")


async def test_all_sources_are_asked_and_tell_how_long_they_took() -> None:
    first, second = _Scripted("first"), _Scripted("second")
    gathered = await _gatherer(first, second).gather(_at(3), budget_s=_PROMPT_S)
    assert [snippet.source for snippet in gathered.snippets] == ["first", "second"]
    assert [(y.source, y.snippets, y.late, y.fault) for y in gathered.yields] == [
        ("first", 1, False, ""),
        ("second", 1, False, ""),
    ]
    assert all(y.spent_ms >= 1000 for y in gathered.yields)  # of a clock that ticks seconds


async def test_what_raises_costs_itself_only() -> None:
    bad, good = _Scripted("bad", raises=ValueError("secret text")), _Scripted("good")
    gathered = await _gatherer(bad, good).gather(_at(0), budget_s=_PROMPT_S)
    assert [snippet.source for snippet in gathered.snippets] == ["good"]
    assert gathered.yields[0].fault == "ValueError"


async def test_what_is_late_serves_the_next_request_for_the_document() -> None:
    slow, quick = _Scripted("slow", held=True), _Scripted("quick")
    gatherer = _gatherer(slow, quick)
    gathered = await gatherer.gather(_at(1), budget_s=0.001)
    assert [snippet.source for snippet in gathered.snippets] == ["quick"]
    assert gathered.yields[0].late
    slow.go.set()
    gathered = await gatherer.gather(_at(2), budget_s=_PROMPT_S)
    assert {s.source: s.renderings[0].text for s in gathered.snippets} == {
        "slow": "line_1",
        "quick": "line_2",
    }


async def test_a_source_without_patience_is_not_waited_for_and_serves_the_next_request() -> None:
    others, quick = _Scripted("others", held=True), _Scripted("quick")
    others.patience = 0.0
    gatherer = _gatherer(others, quick)
    gathered = await gatherer.gather(_at(1), budget_s=_PROMPT_S)
    assert [(y.source, y.late, y.spent_ms) for y in gathered.yields] == [
        ("others", True, 0.0),
        ("quick", False, 1000.0),
    ]
    others.go.set()
    gathered = await gatherer.gather(_at(2), budget_s=_PROMPT_S)
    assert [s.renderings[0].text for s in gathered.snippets] == ["line_1", "line_2"]
    await gatherer.aclose()


async def test_where_nobody_waits_one_without_patience_is_waited_for_too() -> None:
    others = _Scripted("others", held=True)
    others.patience = 0.0
    asking = asyncio.create_task(_gatherer(others).gather(_at(1), budget_s=_PROMPT_S, patient=True))
    await others.begun.wait()
    others.go.set()
    gathered = await asking
    assert [(y.late, y.snippets) for y in gathered.yields] == [(False, 1)]


async def test_a_patience_that_is_none_counts_as_any_other_sources() -> None:
    source = _Scripted("source")
    source.patience = "none"  # type: ignore[assignment]
    gathered = await _gatherer(source).gather(_at(1), budget_s=_PROMPT_S)
    assert [(y.late, y.snippets) for y in gathered.yields] == [(False, 1)]


async def test_a_source_that_is_still_busy_is_not_asked_again() -> None:
    slow = _Scripted("slow", held=True)
    gatherer = _gatherer(slow)
    for line in range(4):
        await gatherer.gather(_at(line), budget_s=0.001)
    assert slow.asked == [0]
    await gatherer.aclose()


async def test_what_a_document_found_before_stands_in_for_what_is_late() -> None:
    source = _Scripted("source")
    gatherer = _gatherer(source)
    await gatherer.gather(_at(1), budget_s=_PROMPT_S)
    source.go.clear()
    gathered = await gatherer.gather(_at(2), budget_s=0.001)
    assert [s.renderings[0].text for s in gathered.snippets] == ["line_1"]
    assert gathered.yields[0].late
    await gatherer.aclose()


async def test_closing_a_document_ends_what_runs_for_it() -> None:
    slow = _Scripted("slow", held=True)
    gatherer = _gatherer(slow)
    situation = _at(1)
    await gatherer.gather(situation, budget_s=0.001)
    gatherer.forget(situation.document.uri)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert slow.cancelled


async def test_closing_all_waits_for_what_runs() -> None:
    slow = _Scripted("slow", held=True)
    gatherer = _gatherer(slow)
    await gatherer.gather(_at(1), budget_s=0.001)
    await gatherer.aclose()
    assert slow.cancelled


class _CountingIndex(MemoryIndex):
    asked = 0

    async def symbols_in(self, path: str) -> Sequence[Symbol]:
        self.asked += 1
        return await super().symbols_in(path)


class _Asking:
    def __init__(self, name: str) -> None:
        self.name = name

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        await index.symbols_in(situation.path)
        return []


async def test_the_index_is_asked_the_same_once_in_a_request_and_anew_in_the_next() -> None:
    index = _CountingIndex()
    gatherer = Gatherer([_Asking("one"), _Asking("two")], index, lambda: 0.0)
    await gatherer.gather(_at(0), budget_s=_PROMPT_S)
    assert index.asked == 1
    await gatherer.gather(_at(0), budget_s=_PROMPT_S)
    assert index.asked == 2


async def test_an_answer_that_came_for_a_cancelled_request_does_not_stand_for_the_next_one() -> (
    None
):
    source = _Scripted("source", held=True)
    gatherer = _gatherer(source)
    first = asyncio.create_task(gatherer.gather(_at(1), budget_s=_PROMPT_S))
    await source.begun.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    source.go.set()
    while len(source.asked) < 2:
        gathered = await gatherer.gather(_at(2), budget_s=_PROMPT_S)
    assert source.asked == [1, 2]
    assert [s.renderings[0].text for s in gathered.snippets] == ["line_2"]


class _Nonsense:
    """A plug-in that gives what it likes."""

    name = "nonsense"

    def __init__(self, *found: object) -> None:
        self._found = found

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        return self._found  # type: ignore[return-value]


async def _of(*found: object) -> Sequence[Snippet]:
    gatherer = Gatherer([_Nonsense(*found)], MemoryIndex(), lambda: 0.0)
    return (await gatherer.gather(_at(0), budget_s=_PROMPT_S)).snippets


async def test_what_is_no_snippet_is_left_out() -> None:
    good = _snippet("nonsense", "fine")
    bad = replace(good, renderings=(replace(good.renderings[0], text="  \n"),))
    huge = replace(good, renderings=(replace(good.renderings[0], text="x" * 20_000),))
    other = replace(good, renderings=("text",))  # type: ignore[arg-type]
    sizes = replace(good, renderings=(replace(good.renderings[0], size="big"),))  # type: ignore[arg-type]
    unsure = replace(good, score=math.nan)
    between = replace(good, first=0.5)  # type: ignore[arg-type]
    listed = replace(good, also=["a.py"])  # type: ignore[arg-type]
    empty = replace(good, renderings=())
    found = await _of(None, 3, bad, huge, other, sizes, unsure, between, listed, empty, good)
    assert list(found) == [good]


async def test_no_source_can_put_an_absolute_path_into_a_prompt() -> None:
    good = _snippet("nonsense", "fine")
    paths = ("/home/somebody/a.py", "C:\\Users\\somebody\\a.py", "~somebody/a.py", "a\nb.py")
    assert list(await _of(*(replace(good, path=path) for path in paths))) == []


async def test_a_source_is_believed_at_most_wholly_and_gives_no_more_than_there_is_use_for() -> (
    None
):
    good = _snippet("nonsense", "fine")
    found = await _of(replace(good, score=1e9), replace(good, score=-3), *[good] * 10_000)
    assert [one.score for one in found[:2]] == [1.0, 0.0]
    assert len(found) == MAX_SNIPPETS


class _Leaving(_Nonsense):
    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        raise self._found[0]  # type: ignore[misc]


class _OwnError(BaseException):
    pass


@pytest.mark.parametrize("error", [SystemExit(3), _OwnError(), asyncio.CancelledError()])
async def test_a_source_ends_nobody_but_itself(error: BaseException) -> None:
    gatherer = Gatherer([_Leaving(error), _Scripted("good")], MemoryIndex(), lambda: 0.0)
    gathered = await gatherer.gather(_at(0), budget_s=_PROMPT_S)
    assert [one.fault for one in gathered.yields] == [type(error).__name__, ""]
    assert [snippet.source for snippet in gathered.snippets] == ["good"]


class _Stubborn(_Nonsense):
    """Does not end when it is told to, but for good."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        while not self.go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await self.go.wait()
        return []


async def test_closing_does_not_wait_for_ever_for_a_source_that_will_not_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gather_module, "_END_S", 0.01)
    stubborn = _Stubborn()
    gatherer = Gatherer([stubborn], MemoryIndex(), lambda: 0.0)
    await gatherer.gather(_at(0), budget_s=0.001)
    await gatherer.aclose()
    stubborn.go.set()


class _Closing(_Scripted):
    """Wants to know when it is not asked any more; then raises what it is told to."""

    def __init__(self, name: str, fault: Exception | None = None) -> None:
        super().__init__(name)
        self.closed, self._fault = 0, fault

    async def aclose(self) -> None:
        self.closed += 1
        if self._fault is not None:
            raise self._fault


async def test_sources_that_want_to_know_are_told_of_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing, good = _Closing("failing", RuntimeError("secret text")), _Closing("good")
    gatherer = Gatherer([failing, good, _Scripted("plain")], MemoryIndex(), lambda: 0.0)
    await gatherer.gather(_at(0), budget_s=_PROMPT_S)
    await gatherer.aclose()
    assert (failing.closed, good.closed) == (1, 1)
    assert "context source failing did not end: RuntimeError" in caplog.text
    assert "secret" not in caplog.text


class _HeldIndex(MemoryIndex):
    """Never answers, and tells how many questions were given up."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = self.given_up = 0
        self.begun = asyncio.Event()

    async def symbols_in(self, path: str) -> Sequence[Symbol]:
        self.asked += 1
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.given_up += 1
        return []


async def test_a_question_to_the_index_is_given_up_when_nobody_waits_for_it() -> None:
    held = _HeldIndex()
    index = AskedOnce(held)
    asking = [asyncio.create_task(index.symbols_in("a.py")) for _ in range(2)]
    await held.begun.wait()
    asking[0].cancel()
    await asyncio.gather(asking[0], return_exceptions=True)
    assert (held.asked, held.given_up) == (1, 0)
    asking[1].cancel()
    await asyncio.gather(asking[1], return_exceptions=True)
    await asyncio.sleep(0)
    assert (held.asked, held.given_up) == (1, 1)


def test_inv_7_no_text_of_a_file_is_in_a_repr() -> None:
    situation = replace(
        _at(0),
        around=Around(
            edits=(Hunk(path="a.py", first=0, removed=("secret",), added=("secret",), at_s=0.0),),
            diagnostics=(Diagnostic(line=0, message="secret", severity=1),),
        ),
        names=(NearName(name="secret", weight=1.0, receiver="secret"),),
        types={"secret": 1.0},
    )
    snippet = replace(_snippet("one", "secret"), why="defines secret")
    gathered = Gathered(situation=situation, snippets=(snippet,))
    chosen = Chosen(snippet=snippet, rendering=snippet.renderings[0], value=1.0)
    assert "secret" not in repr((gathered, chosen))
