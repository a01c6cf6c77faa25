"""What the database answered, for as long as nothing is written to it.

From one key that is typed to the next nearly all questions are the same, and their answers too.
Belongs to the index's thread.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, TypeVar, cast

from aicopilot_lsp.store.index.rarity import Frequencies
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.types import ChunkRow, ImportRow, Symbol

_T = TypeVar("_T")

# A row takes some 500 bytes.
_MOST_ROWS = 4_000
_CHARS_PER_ROW = 500


class RememberedReader:
    """As IndexReader, as far as `Answers` asks it; as of the last `refresh`.

    Attributes
    ----------
    generation : Hashable
        Another one when answers may be others.
    """

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader
        self._kept: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self._rows = 0
        self.generation: Hashable = None

    def refresh(self) -> None:
        """Forget everything if something was written since."""
        generation = self._reader.generation()
        if generation is None or generation != self.generation:
            self._kept.clear()
            self._rows = 0
        self.generation = generation

    def defining(self, names: Collection[str], *, limit: int) -> Sequence[Symbol]:
        key = ("defining", frozenset(names), limit)
        return self._once(key, lambda: self._reader.defining(names, limit=limit))

    def members(self, types: Collection[str], *, limit: int) -> Sequence[Symbol]:
        key = ("members", frozenset(types), limit)
        return self._once(key, lambda: self._reader.members(types, limit=limit))

    def symbols_in(self, path: str) -> Sequence[Symbol]:
        return self._once(("symbols_in", path), lambda: self._reader.symbols_in(path))

    def imports_of(self, path: str) -> Sequence[ImportRow]:
        return self._once(("imports_of", path), lambda: self._reader.imports_of(path))

    def importers_of(self, path: str, *, limit: int) -> Sequence[str]:
        key = ("importers_of", path, limit)
        return self._once(key, lambda: self._reader.importers_of(path, limit=limit))

    def paths(self, pattern: str, *, limit: int) -> Sequence[str]:
        key = ("paths", pattern, limit)
        return self._once(key, lambda: self._reader.paths(pattern, limit=limit))

    def lines(self, path: str, first: int, last: int) -> str:
        key = ("lines", path, first, last)
        return self._once(key, lambda: self._reader.lines(path, first, last))

    def frequencies(self, terms: Collection[str], *, exclude: Collection[str]) -> Frequencies:
        key = ("frequencies", frozenset(terms), frozenset(exclude))
        return self._once(key, lambda: self._reader.frequencies(terms, exclude=exclude))

    def search(
        self, weights: Mapping[str, float], *, exclude: Collection[str], under: str, limit: int
    ) -> Sequence[ChunkRow]:
        key = ("search", frozenset(weights.items()), frozenset(exclude), under, limit)
        return self._once(
            key,
            lambda: self._reader.search(weights, exclude=exclude, under=under, limit=limit),
        )

    def _once(self, key: Hashable, ask: Callable[[], _T]) -> _T:
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return cast(_T, known[1])
        answer = ask()
        # Where the database could not be asked this time, it is asked anew the next.
        if self.generation is None or self._reader.fault:
            return answer
        self._kept[key] = rows, _ = _weight(answer), answer
        self._rows += rows
        while self._rows > _MOST_ROWS and self._kept:
            self._rows -= self._kept.popitem(last=False)[1][0]
        return answer


def _weight(answer: object) -> int:
    """In rows."""
    if isinstance(answer, str):
        return 1 + len(answer) // _CHARS_PER_ROW
    if isinstance(answer, Sequence):
        chars = sum(len(one.text) for one in answer if isinstance(one, ChunkRow))
        return 1 + len(answer) + chars // _CHARS_PER_ROW
    return 1
