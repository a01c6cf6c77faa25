"""The index of a workspace on this machine, as the sources of context ask it (protocol.py).

The database is asked in one thread. Open documents win over what was indexed: what they define,
import and hold is made from the buffer, in that thread too, and only what is asked for. A question
that nobody waits for any longer is not answered, and neither is one behind too many others.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from heapq import nlargest
from typing import TypeVar

from aicopilot_lsp.context.index import rows
from aicopilot_lsp.context.index.modules import Known, resolve
from aicopilot_lsp.store.index.layout import distinct_terms, owner
from aicopilot_lsp.store.index.order import by_authority, fair_shares, in_file_order
from aicopilot_lsp.store.index.rarity import Frequencies, rare_terms, score_factors
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.types import (
    ChunkRow,
    FileFacts,
    ImportRow,
    IndexStatus,
    Symbol,
)
from aicopilot_lsp.text.lines import content
from aicopilot_lsp.text.syntax.outline import Chunk, Outline
from aicopilot_lsp.text.syntax.words import term_text

_T = TypeVar("_T")

# (path, language, module, name) -> path in the workspace or "", as context/index/modules has it
Resolve = Callable[[str, str, str, str], str]
# An outline and the lines that it is of, with their terminators (DocumentSnapshot.lines).
OpenText = tuple[Outline, Sequence[str]]
_Terms = tuple[Chunk, frozenset[str]]

# A request asks some 30 questions; behind more than this is one that nobody needs in time.
_MOST_WAITING = 256
_KEPT_CHUNKS = 2_048
_KEPT_DOCUMENTS = 32


@dataclass(frozen=True, slots=True)
class _Open:
    """One open document."""

    path: str
    outline: Outline = field(repr=False)
    lines: Sequence[str] = field(repr=False)


class LocalIndex:
    """An `Index`, over a reader that is its own from now on.

    Parameters
    ----------
    resolve : callable or None
        Finds the target of an import that an open document has and the index does not know yet.
    is_hidden : callable
        Whether nothing of a file may be told, by its path; asked of files that are not open, in the
        thread. The database may hold files that were indexed before they were excluded.
    """

    def __init__(
        self,
        reader: IndexReader,
        *,
        resolve: Resolve | None = None,
        is_hidden: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._reader = reader
        self._resolve = resolve
        self._is_hidden = is_hidden
        self._open: Mapping[str, _Open] = {}
        self._terms = _ChunkTerms()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="index")
        self._waiting = 0

    def set_open(self, documents: Mapping[str, OpenText]) -> None:
        """The documents that are open from now on, by path. Cheap: call it with each request."""
        self._open = {path: _Open(path, *document) for path, document in documents.items()}

    async def defining(self, names: Collection[str], *, limit: int = 64) -> Sequence[Symbol]:
        open_ = self._open
        wanted = frozenset(names)

        def ask() -> Sequence[Symbol]:
            # As many more as the open documents may take the place of.
            found = self._reader.defining(wanted, limit=limit + 16 * len(open_))
            ours = (
                rows.symbol(one, document.lines, document.path)
                for document in open_.values()
                for one in document.outline.definitions
                if one.name in wanted
            )
            return by_authority([*self._others(found, open_), *ours])[:limit]

        return await self._ask(ask, ())

    async def members(self, types: Collection[str], *, limit: int = 256) -> Sequence[Symbol]:
        open_ = self._open
        wanted = frozenset(types) - {""}

        def ask() -> Sequence[Symbol]:
            found: dict[str, list[Symbol]] = {name: [] for name in sorted(wanted)}
            for document in open_.values():
                for one in document.outline.definitions:
                    if owner(one.parent) in wanted:
                        made = rows.symbol(one, document.lines, document.path)
                        found[owner(one.parent)].append(made)
            for indexed in self._others(self._reader.members(wanted, limit=limit), open_):
                found[owner(indexed.parent)].append(indexed)
            return in_file_order(fair_shares(list(found.values()), limit))

        return await self._ask(ask, ())

    async def symbols_in(self, path: str) -> Sequence[Symbol]:
        document = self._open.get(path)
        if document is None:
            return await self._ask_of(path, self._reader.symbols_in, ())
        definitions = document.outline.definitions
        return await self._ask(
            lambda: [rows.symbol(one, document.lines, path) for one in definitions], ()
        )

    async def imports_of(self, path: str) -> Sequence[ImportRow]:
        document = self._open.get(path)
        if document is None:
            return await self._ask_of(path, self._reader.imports_of, ())
        return await self._ask(lambda: self._imports(document), ())

    async def importers_of(self, path: str, *, limit: int = 32) -> Sequence[str]:
        open_ = self._open

        def ask() -> Sequence[str]:
            found = self._reader.importers_of(path, limit=limit + len(open_))
            ours = (
                document.path
                for document in open_.values()
                if any(row.target == path for row in self._imports(document))
            )
            others = (one for one in found if one not in open_ and not self._is_hidden(one))
            return sorted({*others, *ours})[:limit]

        return await self._ask(ask, ())

    async def search(
        self, text: str, *, exclude: Collection[str] = (), under: str = "", limit: int = 20
    ) -> Sequence[ChunkRow]:
        open_ = [
            document
            for path, document in self._open.items()
            if path not in exclude and path.startswith(under)
        ]
        hidden = {*exclude, *self._open}
        return await self._ask(
            lambda: self._search(text, open_, hidden=hidden, under=under, limit=limit), ()
        )

    async def lines(self, path: str, first: int, last: int) -> str:
        document = self._open.get(path)
        if document is None:
            return await self._ask_of(path, lambda path: self._reader.lines(path, first, last), "")
        return _text(document.lines, first, last)

    async def paths(self, pattern: str, *, limit: int = 32) -> Sequence[str]:
        def ask() -> Sequence[str]:
            found = self._reader.paths(pattern, limit=limit)
            return [path for path in found if not self._is_hidden(path)]

        nothing: Sequence[str] = ()
        found = await self._ask(ask, nothing)
        # SQLite's GLOB negates a set with "^", fnmatch with "!".
        ours = (path for path in self._open if fnmatchcase(path, pattern.replace("[^", "[!")))
        return sorted({*found, *ours})[:limit]

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

    async def _ask_of(self, path: str, question: Callable[[str], _T], empty: _T) -> _T:
        """A question about one file that is not open."""
        return await self._ask(lambda: empty if self._is_hidden(path) else question(path), empty)

    async def _ask(self, question: Callable[[], _T], empty: _T) -> _T:
        """The answer of the thread, or `empty` where it has too much to do, or has ended."""
        if self._waiting >= _MOST_WAITING:
            return empty
        try:
            asked = self._thread.submit(question)
        except RuntimeError:  # it was shut down
            return empty
        self._waiting += 1
        try:
            # Cancelled while it waits for its turn, it is passed over.
            return await asyncio.wrap_future(asked)
        finally:
            self._waiting -= 1

    def _others(self, found: Iterable[Symbol], open_: Mapping[str, _Open]) -> list[Symbol]:
        """Those of files that are not open, and not hidden."""
        return [one for one in found if one.path not in open_ and not self._is_hidden(one.path)]

    def _imports(self, document: _Open) -> list[ImportRow]:
        """What an open document imports, with the targets that the index knows, or that are found
        now."""
        found = list(rows.imports(document.outline, document.path))
        if not found:
            return []
        indexed = {
            (row.module, row.name): row.target for row in self._reader.imports_of(document.path)
        }
        return [replace(row, target=self._target(document, row, indexed)) for row in found]

    def _target(
        self, document: _Open, row: ImportRow, indexed: Mapping[tuple[str, str], str]
    ) -> str:
        target = indexed.get((row.module, row.name))
        if target is not None:  # "": of a library
            return target
        asked = (document.path, document.outline.language, row.module, row.name)
        found = self._resolve(*asked) if self._resolve is not None else ""
        # A file that is as new as its import is open, and nowhere else.
        return found or resolve(Known(self._open), *asked)

    def _search(
        self,
        text: str,
        documents: Sequence[_Open],
        *,
        hidden: Collection[str],
        under: str,
        limit: int,
    ) -> Sequence[ChunkRow]:
        wanted = frozenset(distinct_terms(term_text(text)))
        ours = [
            (document, chunk.first, chunk.last, terms)
            for document in documents
            for chunk, terms in self._terms.of(document)
        ]
        frequencies = _joined(
            self._reader.frequencies(wanted, exclude=hidden), wanted, [one[3] for one in ours]
        )
        weights = rare_terms(frequencies.chunks_of, frequencies.chunks)
        top, base, per_term = score_factors(frequencies.mean_terms)
        scored = (
            (
                sum(weights[term] for term in weights if term in terms)
                * top
                / (base + per_term * len(terms)),
                document,
                first,
                last,
            )
            for document, first, last, terms in ours
        )
        best = nlargest(limit, (one for one in scored if one[0] > 0), key=lambda one: one[0])
        found = [
            ChunkRow(
                path=document.path,
                first=first,
                last=last,
                text=_text(document.lines, first, last),
                score=score,
            )
            for score, document, first, last in best
        ]
        indexed = self._reader.search(weights, exclude=hidden, under=under, limit=limit)
        found += (one for one in indexed if not self._is_hidden(one.path))
        return sorted(found, key=lambda one: (-one.score, one.path, one.first))[:limit]


class _ChunkTerms:
    """The terms of the chunks of open documents. Of a document that is being typed in, all chunks
    but one keep their text, and with it their terms; of the others nothing is even looked at."""

    def __init__(self) -> None:
        self._of_text: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._of_path: OrderedDict[str, tuple[Outline, list[_Terms]]] = OrderedDict()

    def of(self, document: _Open) -> list[_Terms]:
        known = self._of_path.pop(document.path, None)
        if known is None or known[0] is not document.outline:
            known = document.outline, list(self._of_chunks(document))
        self._of_path[document.path] = known
        while len(self._of_path) > _KEPT_DOCUMENTS:
            self._of_path.popitem(last=False)
        return known[1]

    def _of_chunks(self, document: _Open) -> Iterator[_Terms]:
        for chunk in document.outline.chunks:
            text = "".join(document.lines[chunk.first : chunk.last])
            terms = self._of_text.pop(text, None)
            if terms is None:
                terms = frozenset(distinct_terms(term_text(text)))
            self._of_text[text] = terms
            yield chunk, terms
        while len(self._of_text) > _KEPT_CHUNKS:
            self._of_text.popitem(last=False)


def _joined(
    indexed: Frequencies, wanted: frozenset[str], ours: Sequence[frozenset[str]]
) -> Frequencies:
    """How often terms are in indexed chunks and in those of open documents together."""
    counts = Counter(indexed.chunks_of)
    for terms in ours:
        counts.update(terms & wanted)
    return Frequencies(
        chunks_of=counts,
        chunks=indexed.chunks + len(ours),
        postings=indexed.postings + sum(map(len, ours)),
    )


def _text(lines: Sequence[str], first: int, last: int) -> str:
    return "\n".join(content(line) for line in lines[max(first, 0) : max(last, 0)])
