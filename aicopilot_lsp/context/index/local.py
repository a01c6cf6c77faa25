"""The index of a workspace on this machine, as the sources of context ask it (protocol.py).

Questions are answered in one thread (answers.py). A question that nobody waits for any longer is
not answered, and neither is one behind too many others. What asks much and waits for nothing else
is carried through in that thread as a whole (`Carrier`): going there and back takes longer than
most answers.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar, cast

from aicopilot_lsp.context.index.answers import Answers, Resolve
from aicopilot_lsp.context.index.buffers import Buffer
from aicopilot_lsp.context.index.remembered import RememberedReader
from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.types import ChunkRow, FileFacts, ImportRow, IndexStatus, Symbol
from aicopilot_lsp.text.syntax.outline import Outline

_T = TypeVar("_T")

# An outline and the lines that it is of, with their terminators (DocumentSnapshot.lines).
OpenText = tuple[Outline, Sequence[str]]

# A request asks some 30 questions; behind more than this is one that nobody needs in time.
_MOST_WAITING = 256
# What is carried through gets no more answers after this much of the thread's own time: in a
# workspace where everything inherits from everything, one question leads to thousands.
_MOST_CARRIED_S = 0.1


class LocalIndex:
    """An `Index`, over a reader that is its own from now on.

    Parameters
    ----------
    resolve : callable or None
        Finds the target of an import that an open document has and the index does not know yet.
    is_hidden : callable
        Whether nothing of a file may be told, by its path; asked of files that are not open.
        Both are called in the thread.
    clock : callable
        Seconds of the calling thread's own time.
    """

    def __init__(
        self,
        reader: IndexReader,
        *,
        resolve: Resolve | None = None,
        is_hidden: Callable[[str], bool] = lambda _: False,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._reader, self._clock = reader, clock
        self._remembered = RememberedReader(reader)
        self._answers = Answers(self._remembered, resolve, is_hidden)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="index")
        self._waiting = 0

    def set_open(self, documents: Mapping[str, OpenText]) -> None:
        """The documents that are open from now on, by path. Cheap: call it with each request."""
        before = self._answers.open
        buffers = {}
        for path, document in documents.items():
            known = before.get(path)
            is_same = known is not None and known.outline is document[0]
            buffers[path] = known if known is not None and is_same else Buffer(path, *document)
        self._answers = replace(self._answers, open=buffers)

    async def defining(self, names: Collection[str], *, limit: int = 64) -> Sequence[Symbol]:
        answers = self._answers
        return await self._ask(lambda: answers.defining(names, limit), ())

    async def members(self, types: Collection[str], *, limit: int = 256) -> Sequence[Symbol]:
        answers = self._answers
        return await self._ask(lambda: answers.members(types, limit), ())

    async def symbols_in(self, path: str) -> Sequence[Symbol]:
        answers = self._answers
        return await self._ask(lambda: answers.symbols_in(path), ())

    async def imports_of(self, path: str) -> Sequence[ImportRow]:
        answers = self._answers
        return await self._ask(lambda: answers.imports_of(path), ())

    async def importers_of(self, path: str, *, limit: int = 32) -> Sequence[str]:
        answers = self._answers
        return await self._ask(lambda: answers.importers_of(path, limit), ())

    async def search(
        self, text: str, *, exclude: Collection[str] = (), under: str = "", limit: int = 20
    ) -> Sequence[ChunkRow]:
        answers = self._answers
        return await self._ask(lambda: answers.search(text, exclude, under, limit), ())

    async def lines(self, path: str, first: int, last: int) -> str:
        answers = self._answers
        return await self._ask(lambda: answers.lines(path, first, last), "")

    async def paths(self, pattern: str, *, limit: int = 32) -> Sequence[str]:
        answers = self._answers
        return await self._ask(lambda: answers.paths(pattern, limit), ())

    def carrier(self) -> "Carrier":
        """For one request, with the documents that are open now."""
        return Carrier(_AtHand(self._answers, self._clock), self._ask)

    async def status(self) -> IndexStatus:
        """What the index on the disk holds."""
        return await self._ask(self._reader.status, IndexStatus(fault="it is busy"))

    async def explain(self, path: str) -> FileFacts | None:
        """What the index on the disk knows of a file."""
        return await self._ask(lambda: self._reader.explain(path), None)

    async def aclose(self) -> None:
        """Answer what was asked, and let go of the file. Questions after it are answered with
        nothing."""
        try:
            closed = self._thread.submit(self._reader.close)
        except RuntimeError:  # it is closed
            return
        self._thread.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(closed))

    async def _ask(self, question: Callable[[], _T], empty: _T) -> _T:
        """The answer of the thread, or `empty` where it has too much to do, or has ended."""
        if self._waiting >= _MOST_WAITING:
            return empty
        try:
            asked = self._thread.submit(self._answered, question)
        except RuntimeError:  # it was shut down
            return empty
        self._waiting += 1
        try:
            # Cancelled while it waits for its turn, it is passed over.
            return await asyncio.wrap_future(asked)
        finally:
            self._waiting -= 1

    def _answered(self, question: Callable[[], _T]) -> _T:
        """Runs in the thread."""
        self._remembered.refresh()
        return question()


_Ask = Callable[[Callable[[], Any], Any], Coroutine[Any, Any, Any]]


class Carrier:
    """Carries coroutines through in the index's thread; questions of one carrier are answered once.

    For one request. What is carried may wait for the index that it is given and for nothing else;
    what asks for too long is answered with nothing from then on.
    """

    def __init__(self, index: "_AtHand", ask: _Ask) -> None:
        self._index, self._ask = index, ask

    async def __call__(self, work: Callable[[Index], Coroutine[Any, Any, _T]], empty: _T, /) -> _T:
        """What `work` returns, or `empty` where the thread does not answer. Raises what it raises,
        and RuntimeError where it waits for something else."""
        return cast(_T, await self._ask(lambda: _through(work, self._index), empty))


def _through(work: Callable[[Index], Coroutine[Any, Any, _T]], index: "_AtHand") -> _T:
    index.begin()
    carried = work(index)
    try:
        carried.send(None)
    except StopIteration as end:
        return cast(_T, end.value)
    carried.close()
    raise RuntimeError("what is carried through waits for something else than the index")


class _AtHand:
    """An `Index` in the thread itself, whose answers nobody has to wait for."""

    def __init__(self, answers: Answers, clock: Callable[[], float]) -> None:
        self._answers, self._clock = answers, clock
        self._known: dict[Hashable, Any] = {}
        self._ends_s = 0.0

    def begin(self) -> None:
        """Something else asks from now on."""
        self._ends_s = self._clock() + _MOST_CARRIED_S

    async def defining(self, names: Collection[str], *, limit: int = 64) -> Sequence[Symbol]:
        return self._once(self._answers.defining, tuple(sorted(names)), limit)

    async def members(self, types: Collection[str], *, limit: int = 256) -> Sequence[Symbol]:
        return self._once(self._answers.members, tuple(sorted(types)), limit)

    async def symbols_in(self, path: str) -> Sequence[Symbol]:
        return self._once(self._answers.symbols_in, path)

    async def imports_of(self, path: str) -> Sequence[ImportRow]:
        return self._once(self._answers.imports_of, path)

    async def importers_of(self, path: str, *, limit: int = 32) -> Sequence[str]:
        return self._once(self._answers.importers_of, path, limit)

    async def search(
        self, text: str, *, exclude: Collection[str] = (), limit: int = 20
    ) -> Sequence[ChunkRow]:
        return self._once(self._answers.search, text, tuple(sorted(exclude)), "", limit)

    async def lines(self, path: str, first: int, last: int) -> str:
        return self._once(self._answers.lines, path, first, last, empty="")

    async def paths(self, pattern: str, *, limit: int = 32) -> Sequence[str]:
        return self._once(self._answers.paths, pattern, limit)

    def _once(self, ask: Callable[..., _T], *asked: Hashable, empty: Any = ()) -> _T:
        key = (ask.__name__, *asked)
        if key not in self._known:
            if self._clock() >= self._ends_s:
                return cast(_T, empty)
            self._known[key] = ask(*asked)
        return cast(_T, self._known[key])
