"""The index in memory: the protocol of context/protocol.py over plain rows, for tests and benches.

Nothing is approximated but the order of what fits equally well. Shared state is never changed:
`with_file` gives another index that differs in one file.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from aicopilot_lsp.context.index.modules import CONFIG_NAMES, Known, resolve
from aicopilot_lsp.context.index.rows import file_row
from aicopilot_lsp.store.index.types import ChunkRow, FileRow, ImportRow, Symbol
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_for, language_id_for
from aicopilot_lsp.text.lines import split_lines
from aicopilot_lsp.text.syntax.read import outline
from aicopilot_lsp.text.syntax.words import terms

_RAREST = 12  # terms of a question that are looked for


class MemoryIndex:
    """Files by their paths."""

    def __init__(self, files: Iterable[FileRow] = (), *, placed: Collection[str] = ()) -> None:
        self._files: dict[str, FileRow] = {
            file.path: file if file.path in placed else _placed(file) for file in files
        }
        self._by_name: dict[str, list[Symbol]] = {}
        self._by_parent: dict[str, list[Symbol]] = {}
        self._chunks: list[tuple[ChunkRow, Counter[str]]] = []
        self._by_term: dict[str, list[int]] = {}
        for file in self._files.values():
            for symbol in file.symbols:
                self._by_name.setdefault(symbol.name, []).append(symbol)
                if symbol.parent:
                    last = symbol.parent.rpartition(".")[2]
                    self._by_parent.setdefault(last, []).append(symbol)
            for chunk in file.chunks:
                counts = _counts(chunk.text)
                for term in counts:
                    self._by_term.setdefault(term, []).append(len(self._chunks))
                self._chunks.append((chunk, counts))

    @property
    def files(self) -> Mapping[str, FileRow]:
        return self._files

    def with_file(self, file: FileRow) -> "MemoryIndex":
        """With this file in the place of the one at its path."""
        files = {**self._files, file.path: file}
        return MemoryIndex(files.values(), placed=self._files.keys() - {file.path})

    async def defining(self, names: Collection[str], *, limit: int = 64) -> Sequence[Symbol]:
        found = [symbol for name in names for symbol in self._by_name.get(name, ())]
        found.sort(key=lambda s: (bool(s.parent), len(self._by_name[s.name])))
        return found[:limit]

    async def members(self, types: Collection[str], *, limit: int = 256) -> Sequence[Symbol]:
        found = [s for kind in types for s in self._by_parent.get(kind, ())]
        return sorted(found, key=lambda s: (s.path, s.first))[:limit]

    async def symbols_in(self, path: str) -> Sequence[Symbol]:
        return self._files[path].symbols if path in self._files else ()

    async def imports_of(self, path: str) -> Sequence[ImportRow]:
        return self._files[path].imports if path in self._files else ()

    async def importers_of(self, path: str, *, limit: int = 32) -> Sequence[str]:
        found = [
            file.path
            for file in self._files.values()
            if any(row.target == path for row in file.imports)
        ]
        return found[:limit]

    async def search(
        self, text: str, *, exclude: Collection[str] = (), limit: int = 20
    ) -> Sequence[ChunkRow]:
        total = len(self._chunks)
        asked = {t: len(self._by_term[t]) for t in set(terms(text)) if t in self._by_term}
        rare = sorted(asked, key=lambda term: (asked[term], term))[:_RAREST]
        scores: Counter[int] = Counter()
        for term in rare:
            weight = math.log(1 + (total - asked[term] + 0.5) / (asked[term] + 0.5))
            for number in self._by_term[term]:
                count = self._chunks[number][1][term]
                scores[number] += weight * 2.2 * count / (count + 1.2)  # type: ignore[assignment]
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        hits = [replace(self._chunks[n][0], score=score) for n, score in ranked]
        return [hit for hit in hits if hit.path not in exclude][:limit]

    async def lines(self, path: str, first: int, last: int) -> str:
        if path not in self._files:
            return ""
        return "".join(self._files[path].text.splitlines(keepends=True)[max(first, 0) : last])

    async def paths(self, pattern: str, *, limit: int = 32) -> Sequence[str]:
        return [path for path in sorted(self._files) if fnmatchcase(path, pattern)][:limit]


@lru_cache(maxsize=100_000)
def _counts(text: str) -> Counter[str]:
    return Counter(terms(text))


def read_row(path: str, text: str, known: Known) -> FileRow:
    """A file as the index's worker reads it, with the targets of its imports."""
    document = DocumentSnapshot.from_text(text, language_id=language_id_for(path))
    language = language_for(document.language_id, path)
    found = outline(document, language)
    row = file_row(
        path, language.name, text, found, digest=b"", size_bytes=len(text), modified_ns=0
    )
    imports = tuple(
        replace(one, target=resolve(known, path, language.name, one.module, one.name))
        for one in row.imports
    )
    return replace(row, imports=imports)


def index_of(texts: Mapping[str, str]) -> MemoryIndex:
    """An index of these files, by their paths."""
    known = Known(texts, {path: texts[path] for path in texts if Path(path).name in CONFIG_NAMES})
    return MemoryIndex(read_row(path, text, known) for path, text in texts.items())


def _placed(file: FileRow) -> FileRow:
    """With its path in all its rows, and their text in the chunks."""
    lines = split_lines(file.text)
    return replace(
        file,
        symbols=tuple(replace(row, path=file.path) for row in file.symbols),
        imports=tuple(replace(row, path=file.path) for row in file.imports),
        chunks=tuple(
            replace(row, path=file.path, text="".join(lines[row.first : row.last]))
            for row in file.chunks
        ),
    )
