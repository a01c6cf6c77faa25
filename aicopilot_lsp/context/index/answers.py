"""What the database and the documents that are open answer together: open ones win.

Synchronous, for the index's thread alone (local.py). Of files that are not open nothing is told
that is hidden: the database may hold files that were indexed before they were excluded.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from heapq import nlargest

from aicopilot_lsp.context.index import rows
from aicopilot_lsp.context.index.buffers import Buffer, ChunkTerms
from aicopilot_lsp.context.index.modules import Known, resolve
from aicopilot_lsp.context.index.remembered import RememberedReader
from aicopilot_lsp.store.index.layout import distinct_terms, owner
from aicopilot_lsp.store.index.order import by_authority, fair_shares, in_file_order
from aicopilot_lsp.store.index.rarity import Frequencies, rare_terms, score_factors
from aicopilot_lsp.store.index.types import ChunkRow, ImportRow, Symbol
from aicopilot_lsp.text.syntax.words import term_text

# (path, language, module, name) -> path in the workspace or "", as context/index/modules has it
Resolve = Callable[[str, str, str, str], str]

# Symbols that are read beyond what is asked for, since open documents take the place of some.
_MORE = 16


@dataclass(frozen=True, slots=True)
class Answers:
    """With these documents open. Each method as in `Index` (protocol.py)."""

    reader: RememberedReader
    resolve: Resolve | None
    is_hidden: Callable[[str], bool]
    open: Mapping[str, Buffer] = field(default_factory=dict, repr=False)
    terms: ChunkTerms = field(default_factory=ChunkTerms, repr=False)

    def defining(self, names: Collection[str], limit: int) -> Sequence[Symbol]:
        wanted = frozenset(names)
        found = self.reader.defining(wanted, limit=limit + _MORE)
        ours = (one for buffer in self.open.values() for one in buffer.named(wanted))
        return by_authority([*self._others(found), *ours])[:limit]

    def members(self, types: Collection[str], limit: int) -> Sequence[Symbol]:
        wanted = frozenset(types) - {""}
        found: dict[str, list[Symbol]] = {name: [] for name in sorted(wanted)}
        for buffer in self.open.values():
            for one in buffer.owned_by(wanted):
                found[owner(one.parent)].append(one)
        for indexed in self._others(self.reader.members(wanted, limit=limit)):
            found[owner(indexed.parent)].append(indexed)
        return in_file_order(fair_shares(list(found.values()), limit))

    def symbols_in(self, path: str) -> Sequence[Symbol]:
        buffer = self.open.get(path)
        if buffer is not None:
            return buffer.symbols()
        return () if self.is_hidden(path) else self.reader.symbols_in(path)

    def imports_of(self, path: str) -> Sequence[ImportRow]:
        buffer = self.open.get(path)
        if buffer is not None:
            return self._imports(buffer)
        return () if self.is_hidden(path) else self.reader.imports_of(path)

    def importers_of(self, path: str, limit: int) -> Sequence[str]:
        found = self.reader.importers_of(path, limit=limit + len(self.open))
        others = (one for one in found if one not in self.open and not self.is_hidden(one))
        ours = (
            buffer.path
            for buffer in self.open.values()
            if any(row.target == path for row in self._imports(buffer))
        )
        return sorted({*others, *ours})[:limit]

    def search(
        self, text: str, exclude: Collection[str], under: str, limit: int
    ) -> Sequence[ChunkRow]:
        wanted = frozenset(distinct_terms(term_text(text)))
        ours = [
            (buffer, chunk.first, chunk.last, terms)
            for path, buffer in self.open.items()
            if path not in exclude and path.startswith(under)
            for chunk, terms in buffer.chunks(self.terms)
        ]
        hidden = {*exclude, *self.open}
        indexed = self.reader.frequencies(wanted, exclude=hidden)
        frequencies = _joined(indexed, wanted, [one[3] for one in ours])
        weights = rare_terms(frequencies.chunks_of, frequencies.chunks)
        top, base, per_term = score_factors(frequencies.mean_terms)
        scored = (
            (
                sum(weights[term] for term in weights if term in terms)
                * top
                / (base + per_term * len(terms)),
                buffer,
                first,
                last,
            )
            for buffer, first, last, terms in ours
            if not terms.isdisjoint(weights)
        )
        best = nlargest(limit, scored, key=lambda one: one[0])
        found = [
            ChunkRow(
                path=buffer.path,
                first=first,
                last=last,
                text=buffer.text(first, last),
                score=score,
            )
            for score, buffer, first, last in best
        ]
        others = self.reader.search(weights, exclude=hidden, under=under, limit=limit)
        found += (one for one in others if not self.is_hidden(one.path))
        return sorted(found, key=lambda one: (-one.score, one.path, one.first))[:limit]

    def lines(self, path: str, first: int, last: int) -> str:
        buffer = self.open.get(path)
        if buffer is not None:
            return buffer.text(first, last)
        return "" if self.is_hidden(path) else self.reader.lines(path, first, last)

    def paths(self, pattern: str, limit: int) -> Sequence[str]:
        found = (one for one in self.reader.paths(pattern, limit=limit) if not self.is_hidden(one))
        # SQLite's GLOB negates a set with "^", fnmatch with "!".
        ours = (path for path in self.open if fnmatchcase(path, pattern.replace("[^", "[!")))
        return sorted({*found, *ours})[:limit]

    def _others(self, found: Iterable[Symbol]) -> list[Symbol]:
        """Those of files that are not open, and not hidden."""
        return [one for one in found if one.path not in self.open and not self.is_hidden(one.path)]

    def _imports(self, buffer: Buffer) -> Sequence[ImportRow]:
        # What was not found may be open since.
        return buffer.imports_as_of((self.reader.generation, frozenset(self.open)), self._resolved)

    def _resolved(self, buffer: Buffer) -> Sequence[ImportRow]:
        """What an open document imports, with the targets that the index knows, or that are found
        now."""
        found = list(rows.imports(buffer.outline, buffer.path))
        if not found:
            return ()
        indexed = {
            (row.module, row.name): row.target for row in self.reader.imports_of(buffer.path)
        }
        return [replace(row, target=self._target(buffer, row, indexed)) for row in found]

    def _target(
        self, buffer: Buffer, row: ImportRow, indexed: Mapping[tuple[str, str], str]
    ) -> str:
        target = indexed.get((row.module, row.name))
        if target is not None:  # "": of a library
            return target
        asked = (buffer.path, buffer.outline.language, row.module, row.name)
        found = self.resolve(*asked) if self.resolve is not None else ""
        # A file that is as new as its import is open, and nowhere else.
        return found or resolve(Known(self.open), *asked)


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
