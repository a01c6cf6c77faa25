"""Sources run at once under one budget; what is late serves the next request."""

import asyncio
from collections.abc import Sequence

from aicopilot_lsp.context.gather import Gatherer
from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.types import Rendering, Situation, Size, Snippet
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
        self.cancelled = False
        if not held:
            self.go.set()

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        self.asked.append(situation.cursor.line)
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
