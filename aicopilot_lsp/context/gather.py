"""Runs all sources at once, under one time budget.

What is late goes on in the background and serves the next request for the same document, and what
raises costs its own snippets and nothing else. Belongs to the event loop. Next: select.py.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aicopilot_lsp.context.asked_once import AskedOnce
from aicopilot_lsp.context.protocol import Index, Source
from aicopilot_lsp.context.types import Gathered, Situation, Snippet, Yield

_MAX_DOCUMENTS = 16  # of which late results are kept
_MAX_LATE_S = 10.0  # a source that takes longer is given up for this request
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Document:
    """What became of the sources for one document."""

    running: dict[str, "asyncio.Task[_Answer]"] = field(default_factory=dict)
    kept: dict[str, "_Answer"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Answer:
    snippets: tuple[Snippet, ...] = ()
    spent_ms: float = 0.0
    fault: str = ""


class Gatherer:
    """The sources of a session, and what they were late with."""

    def __init__(self, sources: Sequence[Source], index: Index, clock: Callable[[], float]) -> None:
        """`clock` gives seconds, monotonic."""
        self._sources = tuple(sources)
        self._index = index
        self._clock = clock
        self._documents: OrderedDict[str, _Document] = OrderedDict()

    async def gather(self, situation: Situation, *, budget_s: float) -> Gathered:
        """What the sources find within `budget_s`."""
        document, index = self._document(situation.document.uri), AskedOnce(self._index)
        for source in self._sources:
            if source.name not in document.running:  # else one is still at an earlier question
                task = asyncio.create_task(self._ask(source, situation, index))
                document.running[source.name] = task
        running = dict(document.running)
        if running:
            await asyncio.wait(running.values(), timeout=budget_s)
        yields: list[Yield] = []
        snippets: list[Snippet] = []
        for name, task in running.items():
            late = not task.done()
            if not late:
                document.running.pop(name, None)
                document.kept[name] = _answer(task)
            answer = document.kept.get(name, _Answer())
            snippets += answer.snippets
            yields.append(
                Yield(
                    source=name,
                    spent_ms=1000 * budget_s if late else answer.spent_ms,
                    snippets=len(answer.snippets),
                    late=late,
                    fault="" if late else answer.fault,
                )
            )
        return Gathered(situation=situation, snippets=tuple(snippets), yields=tuple(yields))

    def forget(self, uri: str) -> None:
        """The document is closed."""
        document = self._documents.pop(uri, None)
        if document is not None:
            _cancel(document)

    async def aclose(self) -> None:
        """Ends what still runs, and waits for its end."""
        documents = list(self._documents.values())
        self._documents.clear()
        tasks = [task for document in documents for task in document.running.values()]
        for document in documents:
            _cancel(document)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _document(self, uri: str) -> _Document:
        document = self._documents.setdefault(uri, _Document())
        self._documents.move_to_end(uri)
        while len(self._documents) > _MAX_DOCUMENTS:
            _cancel(self._documents.popitem(last=False)[1])
        return document

    async def _ask(self, source: Source, situation: Situation, index: Index) -> _Answer:
        start = self._clock()
        try:
            async with asyncio.timeout(_MAX_LATE_S):
                found = tuple(await source.find(situation, index))
            snippets = tuple(snippet for snippet in found if snippet.renderings)
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it costs itself
            fault = type(error).__name__
            _log.warning("context source %s failed: %s", source.name, fault)
            return _Answer(spent_ms=1000 * (self._clock() - start), fault=fault)
        return _Answer(snippets=snippets, spent_ms=1000 * (self._clock() - start))


def _answer(task: "asyncio.Task[_Answer]") -> _Answer:
    return _Answer(fault="CancelledError") if task.cancelled() else task.result()


def _cancel(document: _Document) -> None:
    for task in document.running.values():
        task.cancel()
