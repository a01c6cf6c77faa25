"""Open documents as the index tells of them: what they define, and the words of their chunks.

What is asked for is made when it is, in the index's thread, and kept for as long as the document
stays as it is.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence

from aicopilot_lsp.context.index import rows
from aicopilot_lsp.store.index.layout import distinct_terms, owner
from aicopilot_lsp.store.index.types import ImportRow, Symbol
from aicopilot_lsp.text.lines import content
from aicopilot_lsp.text.syntax.outline import Chunk, Outline
from aicopilot_lsp.text.syntax.words import term_text

_KEPT_CHUNKS = 512


class Buffer:
    """One version of one open document."""

    def __init__(self, path: str, outline: Outline, lines: Sequence[str]) -> None:
        self.path = path
        self.outline = outline
        self._lines = lines
        self._symbols: dict[int, Symbol] = {}  # by the number of the definition
        self._by_name: dict[str, list[int]] | None = None
        self._by_owner: dict[str, list[int]] | None = None
        self._chunks: list[tuple[Chunk, frozenset[str]]] | None = None
        self._imports: tuple[Hashable, Sequence[ImportRow]] | None = None

    def text(self, first: int, last: int) -> str:
        """These lines, joined with "\\n"."""
        return "\n".join(content(line) for line in self._lines[max(first, 0) : max(last, 0)])

    def symbols(self) -> list[Symbol]:
        """All of them, in file order."""
        return [self._symbol(number) for number in range(len(self.outline.definitions))]

    def named(self, names: Collection[str]) -> Iterator[Symbol]:
        """Those with these names."""
        if self._by_name is None:
            self._by_name = _numbered(one.name for one in self.outline.definitions)
        return self._of(self._by_name, names)

    def owned_by(self, types: Collection[str]) -> Iterator[Symbol]:
        """The members of these types."""
        if self._by_owner is None:
            self._by_owner = _numbered(owner(one.parent) for one in self.outline.definitions)
        return self._of(self._by_owner, types)

    def chunks(self, terms: "ChunkTerms") -> list[tuple[Chunk, frozenset[str]]]:
        """The chunks, each with its terms."""
        if self._chunks is None:
            self._chunks = [
                (chunk, terms.of("".join(self._lines[chunk.first : chunk.last])))
                for chunk in self.outline.chunks
            ]
        return self._chunks

    def imports_as_of(
        self, state: Hashable, make: Callable[["Buffer"], Sequence[ImportRow]]
    ) -> Sequence[ImportRow]:
        """What `make` gives for this document, made once as long as `state` is the same."""
        if self._imports is None or self._imports[0] != state:
            self._imports = state, make(self)
        return self._imports[1]

    def _of(self, table: dict[str, list[int]], keys: Collection[str]) -> Iterator[Symbol]:
        numbers = sorted(number for key in set(keys) for number in table.get(key, ()))
        return (self._symbol(number) for number in numbers)

    def _symbol(self, number: int) -> Symbol:
        found = self._symbols.get(number)
        if found is None:
            definition = self.outline.definitions[number]
            found = self._symbols[number] = rows.symbol(definition, self._lines, self.path)
        return found


class ChunkTerms:
    """The terms of the chunks of open documents, by their text: of a document that is being typed
    in, all chunks but one stay as they are."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, frozenset[str]] = OrderedDict()

    def of(self, text: str) -> frozenset[str]:
        terms = self._kept.pop(text, None)
        if terms is None:
            terms = frozenset(distinct_terms(term_text(text)))
        self._kept[text] = terms
        while len(self._kept) > _KEPT_CHUNKS:
            self._kept.popitem(last=False)
        return terms


def _numbered(keys: Iterator[str]) -> dict[str, list[int]]:
    table: dict[str, list[int]] = {}
    for number, key in enumerate(keys):
        table.setdefault(key, []).append(number)
    return table
