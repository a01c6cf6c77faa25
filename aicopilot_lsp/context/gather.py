"""Runs all sources at once, under one time budget.

What is late goes on in the background and serves the next request for the same document, and what
raises costs its own snippets and nothing else. Belongs to the event loop. Next: select.py.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from aicopilot_lsp.context.asked_once import AskedOnce
from aicopilot_lsp.context.protocol import Carrier, Index, Source
from aicopilot_lsp.context.sound import sound
from aicopilot_lsp.context.types import Gathered, Situation, Snippet, Yield

_MAX_DOCUMENTS = 16  # of which late results are kept
_MAX_LATE_S = 10.0  # a source that takes longer is given up for this request
_END_S = 1.0  # how long a source may take to end when it is cancelled
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Document:
    """What became of the sources for one document."""

    running: dict[str, "asyncio.Task[_Answer]"] = field(default_factory=dict)
    kept: dict[str, "_Answer"] = field(default_factory=dict)

    def take_in(self) -> None:
        """Keep the answers of those that are done, whoever waited for them."""
        for name in [name for name, task in self.running.items() if task.done()]:
            self.kept[name] = _answer(self.running.pop(name))


@dataclass(frozen=True, slots=True)
class _Answer:
    snippets: tuple[Snippet, ...] = ()
    spent_ms: float = 0.0
    fault: str = ""


class Gatherer:
    """The sources of a session, and what they were late with."""

    def __init__(
        self,
        sources: Sequence[Source],
        index: Index,
        clock: Callable[[], float],
        *,
        carriers: Callable[[], Carrier] | None = None,
    ) -> None:
        """`clock` gives seconds, monotonic. Of sources with one name the first counts. `carriers`
        makes what carries those that only ask through at the index, for one request."""
        self._sources: dict[str, Source] = {}
        for source in sources:
            self._sources.setdefault(source.name, source)
        self._index, self._carriers = index, carriers
        self._clock = clock
        self._documents: OrderedDict[str, _Document] = OrderedDict()

    async def gather(
        self, situation: Situation, *, budget_s: float, patient: bool = False
    ) -> Gathered:
        """What the sources find within `budget_s`. With `patient` also those that requests should
        not wait for are waited for so long."""
        document = self._document(situation.document.uri)
        document.take_in()
        asking = _Asking(situation, AskedOnce(self._index), self._carriers and self._carriers())
        for name, source in self._sources.items():
            if name not in document.running:  # else one is still at an earlier question
                task = asyncio.create_task(self._ask(name, source, asking))
                document.running[name] = task
        running = {name: document.running[name] for name in self._sources}
        waits_s = {
            name: budget_s * (1.0 if patient else _patience(source))
            for name, source in self._sources.items()
        }
        await _first_answers({running[name]: wait_s for name, wait_s in waits_s.items()})
        document.take_in()
        yields: list[Yield] = []
        snippets: list[Snippet] = []
        for name, task in running.items():
            late = not task.done()
            answer = document.kept.get(name, _Answer())
            snippets += answer.snippets
            yields.append(
                Yield(
                    source=name,
                    spent_ms=1000 * waits_s[name] if late else answer.spent_ms,
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
        """Ends what still runs, and waits for its end; not for ever for what won't end."""
        documents = list(self._documents.values())
        self._documents.clear()
        tasks = [task for document in documents for task in document.running.values()]
        for document in documents:
            _cancel(document)
        if tasks:
            await asyncio.wait(tasks, timeout=_END_S)
        await asyncio.gather(*map(_closed, self._sources.values()))

    def _document(self, uri: str) -> _Document:
        document = self._documents.setdefault(uri, _Document())
        self._documents.move_to_end(uri)
        while len(self._documents) > _MAX_DOCUMENTS:
            _cancel(self._documents.popitem(last=False)[1])
        return document

    async def _ask(self, name: str, source: Source, asking: "_Asking") -> _Answer:
        start = self._clock()
        try:
            async with asyncio.timeout(_MAX_LATE_S):
                found = await asking.find(source)
            snippets = tuple(sound(found, asking.situation.path))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plug-in may raise anything
            # The type only: the message of a foreign error may quote source text (INV-7).
            fault = type(error).__name__
            _log.warning("context source %s failed: %s", name, fault)
            return _Answer(spent_ms=1000 * (self._clock() - start), fault=fault)
        return _Answer(snippets=snippets, spent_ms=1000 * (self._clock() - start))


@dataclass(frozen=True, slots=True)
class _Asking:
    """One request: what sources are asked with."""

    situation: Situation
    index: Index
    carrier: Carrier | None

    async def find(self, source: Source) -> Sequence[Snippet]:
        if self.carrier is None or not getattr(source, "only_asks", False):
            return await source.find(self.situation, self.index)
        return await self.carrier(partial(source.find, self.situation), ())


def _patience(source: Source) -> float:
    """For which share of the time a source is waited for."""
    patience = getattr(source, "patience", 1.0)
    return patience if isinstance(patience, float) and 0.0 <= patience <= 1.0 else 1.0


async def _first_answers(waits_s: Mapping["asyncio.Task[_Answer]", float]) -> None:
    """Return when each has answered or was waited for as long as it says."""
    waited_s = 0.0
    for wait_s in sorted(set(waits_s.values())):
        wanted = [task for task, longest_s in waits_s.items() if longest_s >= wait_s]
        await asyncio.wait(wanted, timeout=wait_s - waited_s)
        waited_s = wait_s


def _answer(task: "asyncio.Task[_Answer]") -> _Answer:
    if task.cancelled():
        return _Answer(fault="CancelledError")
    error = task.exception()  # what is no Exception, and not ours to catch where it was raised
    return task.result() if error is None else _Answer(fault=type(error).__name__)


async def _closed(source: Source) -> None:
    """Let a source go that wants to know."""
    aclose = getattr(source, "aclose", None)
    if aclose is None:
        return
    try:
        async with asyncio.timeout(_END_S):
            await aclose()
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything
        _log.warning("context source %s did not end: %s", source.name, type(error).__name__)


def _cancel(document: _Document) -> None:
    for task in document.running.values():
        task.cancel()
