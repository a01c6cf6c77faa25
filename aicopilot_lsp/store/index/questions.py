"""The SQL of the questions that readers ask. Each function takes a connection in a transaction."""

# ruff: noqa: S608 - what goes into the SQL are numbers and marks of our own

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest
from typing import Any

from aicopilot_lsp.store.index.layout import (
    MAX_ROWS_PER_FILE,
    clean,
    distinct_terms,
    first_id,
    number,
    pack,
    split_words,
    terms_of_chunks,
)
from aicopilot_lsp.store.index.order import by_authority, fair_shares, in_file_order
from aicopilot_lsp.store.index.rarity import Frequencies, score_factors
from aicopilot_lsp.store.index.types import FileFacts, ImportRow, IndexStatus, Symbol

# Old SQLite takes 999 parameters in one statement.
_MOST_PARAMETERS = 500
_MOST_TERMS = 64
# SQLite refuses patterns of 50,000 bytes.
_MOST_PATTERN_CHARS = 4_000
# Of a name that is defined more often than this, and more often than so many times its share of
# what is asked for, not all definitions are read: it comes last, and says next to nothing.
_MANY_ALIKE = 32
_SHARES = 4

_SYMBOLS = (
    "SELECT files.path, name, kind, parent, first, last, signature, doc, bases, result"
    f" FROM symbols JOIN files ON files.id = symbols.id / {MAX_ROWS_PER_FILE}"
)
_IMPORTS = (
    "SELECT files.path, module, name, alias, target"
    f" FROM imports JOIN files ON files.id = imports.id / {MAX_ROWS_PER_FILE}"
)
# CAST, for a parameter in a subquery has no type.
_ONE_TERM = "SELECT rowid AS chunk, CAST(? AS REAL) AS weight FROM postings WHERE postings MATCH ?"
NO_TEXT = pack("")


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found."""

    path: str
    first: int
    last: int
    score: float


def defining(ask: sqlite3.Connection, names: Collection[str], limit: int) -> list[Symbol]:
    """See IndexReader.defining."""
    wanted = sorted({clean(name) for name in names})
    most = min(limit, max(_MANY_ALIKE, _SHARES * limit // max(len(wanted), 1)))
    found: list[Symbol] = []
    for name in wanted:
        rows = ask.execute(
            f"{_SYMBOLS} WHERE name = ? ORDER BY rank, symbols.id LIMIT ?", (name, most + 1)
        )
        found += map(_symbol, rows)
    return by_authority(found)[:limit]


def members(ask: sqlite3.Connection, types: Collection[str], limit: int) -> list[Symbol]:
    """See IndexReader.members."""
    found = [
        [
            _symbol(row)
            for row in ask.execute(
                # The second condition is for SQLite to see that the partial index will do.
                f"{_SYMBOLS} WHERE owner = ? AND owner <> '' ORDER BY symbols.id LIMIT ?",
                (name, limit),
            )
        ]
        for name in sorted({clean(name) for name in types} - {""})
    ]
    return in_file_order(fair_shares(found, limit))


def symbols_in(ask: sqlite3.Connection, path: str) -> list[Symbol]:
    """See IndexReader.symbols_in."""
    span = _span(ask, path)
    rows = ask.execute(
        f"{_SYMBOLS} WHERE symbols.id >= ? AND symbols.id < ? ORDER BY symbols.id", span
    )
    return [_symbol(row) for row in rows]


def imports_of(ask: sqlite3.Connection, path: str) -> list[ImportRow]:
    """See IndexReader.imports_of."""
    span = _span(ask, path)
    rows = ask.execute(
        f"{_IMPORTS} WHERE imports.id >= ? AND imports.id < ? ORDER BY imports.id", span
    )
    return [
        ImportRow(path=path, module=module, name=name, alias=alias, target=target)
        for path, module, name, alias, target in rows
    ]


def importers_of(ask: sqlite3.Connection, path: str, limit: int) -> list[str]:
    """See IndexReader.importers_of."""
    rows = ask.execute(
        f"SELECT DISTINCT files.path FROM imports JOIN files"
        f" ON files.id = imports.id / {MAX_ROWS_PER_FILE}"
        " WHERE target = ? AND target <> '' ORDER BY files.path LIMIT ?",
        (clean(path), limit),
    )
    return [path for (path,) in rows]


def frequencies(
    ask: sqlite3.Connection, terms: Collection[str], exclude: Collection[str]
) -> Frequencies:
    """See IndexReader.frequencies."""
    wanted = sorted({clean(term) for term in terms})
    counts: Counter[str] = Counter()
    for some in _batches(wanted):
        rows = ask.execute(f"SELECT term, chunks FROM terms WHERE term IN ({_marks(some)})", some)
        counts.update(dict(rows.fetchall()))
    counted = counts.keys()
    chunks, postings = _total(ask, "chunks"), _total(ask, "postings")
    for hidden, packed in _excluded_terms(ask, exclude):
        chunks -= hidden
        in_file = _chunks_of(packed, hidden)
        postings -= in_file.total()
        for term in counted & in_file.keys():
            counts[term] -= in_file[term]
    return Frequencies(chunks_of=counts, chunks=chunks, postings=postings)


def ranked(
    ask: sqlite3.Connection,
    weights: Mapping[str, float],
    *,
    exclude: Collection[str],
    under: str,
    limit: int,
) -> list[Hit]:
    """Chunks by falling score; of equal ones by path and line."""
    # What is no single term to the tokenizer is in no chunk, and an error to FTS5.
    terms = [term for term in weights if distinct_terms(term) == [term]]
    terms = nlargest(_MOST_TERMS, terms, key=weights.__getitem__)
    if not terms or limit <= 0:
        return []
    mean_terms = _total(ask, "postings") / max(_total(ask, "chunks"), 1)
    top, base, per_term = score_factors(mean_terms)
    parameters: list[object] = [top, base, per_term]
    for term in terms:
        parameters += (weights[term], f'"{term}"')
    hidden = ",".join(str(file) for file in _files(ask, exclude))
    scope = ""
    if under:
        scope = " AND file IN (SELECT id FROM files WHERE path >= ? AND path < ?)"
        parameters += (clean(under), clean(under) + "\U0010ffff")
    rows = ask.execute(
        "SELECT path, first, last, score FROM (SELECT chunk, file, first, last,"
        " weights * ? / (? + ? * terms) AS score FROM (SELECT chunk, sum(weight) AS weights FROM ("
        f"{' UNION ALL '.join([_ONE_TERM] * len(terms))}"
        f") GROUP BY chunk) JOIN chunks ON chunks.id = chunk WHERE file NOT IN ({hidden}){scope}"
        " ORDER BY score DESC, chunk LIMIT ?)"
        " JOIN files ON files.id = file ORDER BY score DESC, chunk",
        (*parameters, limit),
    )
    return [Hit(*row) for row in rows]


def packed_text(ask: sqlite3.Connection, path: str) -> tuple[bytes, Callable[[], bytes]]:
    """What tells that a file's text is the same, and how to read it, packed."""
    row = ask.execute("SELECT id, digest FROM files WHERE path = ?", (clean(path),)).fetchone()
    if row is None:
        return b"", lambda: NO_TEXT
    file, digest = row

    def read() -> bytes:
        found = ask.execute("SELECT text FROM texts WHERE file = ?", (file,)).fetchone()
        return found[0] if found else NO_TEXT

    return digest, read


def paths(ask: sqlite3.Connection, pattern: str, limit: int) -> list[str]:
    """See IndexReader.paths."""
    if len(pattern) > _MOST_PATTERN_CHARS or pattern != clean(pattern):
        return []
    rows = ask.execute(
        "SELECT path FROM files WHERE path GLOB ? ORDER BY path LIMIT ?", (pattern, limit)
    )
    return [path for (path,) in rows]


def status(ask: sqlite3.Connection) -> IndexStatus:
    """See IndexReader.status."""
    pages, page_bytes = (
        int(ask.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size")
    )
    notes = ask.execute("SELECT note, count(*) FROM files WHERE note <> '' GROUP BY note")
    return IndexStatus(
        files=_total(ask, "files"),
        symbols=_total(ask, "symbols"),
        chunks=_total(ask, "chunks"),
        source_bytes=_total(ask, "source_bytes"),
        disk_bytes=pages * page_bytes,
        notes=dict(notes.fetchall()),
        state=dict(ask.execute("SELECT key, value FROM state").fetchall()),
    )


def facts(ask: sqlite3.Connection, path: str) -> FileFacts | None:
    """See IndexReader.explain."""
    row = ask.execute(
        "SELECT id, language, size_bytes, modified_ns, note FROM files WHERE path = ?",
        (clean(path),),
    ).fetchone()
    if row is None:
        return None
    file, language, size_bytes, modified_ns, note = row
    chunks = ask.execute("SELECT first, last FROM chunks WHERE file = ? ORDER BY id", (file,))
    return FileFacts(
        path=path,
        language=language,
        size_bytes=size_bytes,
        modified_ns=modified_ns,
        note=note,
        symbols=tuple(symbols_in(ask, path)),
        imports=tuple(imports_of(ask, path)),
        chunks=tuple(chunks.fetchall()),
        importers=tuple(importers_of(ask, path, _MOST_PARAMETERS)),
    )


@lru_cache(maxsize=16)  # open documents are passed over in each search
def _chunks_of(packed: bytes, chunks: int) -> Counter[str]:
    """In how many of a file's chunks each of its terms is. Raises DamagedError."""
    return Counter(term for line in terms_of_chunks(packed, chunks) for term in line.split())


def _excluded_terms(
    ask: sqlite3.Connection, exclude: Collection[str]
) -> Iterator[tuple[int, bytes]]:
    """For each file that is passed over: how many chunks it has, and its terms, packed."""
    for file in _files(ask, exclude):
        row = ask.execute("SELECT terms FROM texts WHERE file = ?", (file,)).fetchone()
        if row is not None:
            count = ask.execute("SELECT count(*) FROM chunks WHERE file = ?", (file,)).fetchone()[0]
            yield count, row[0]


def _files(ask: sqlite3.Connection, paths: Iterable[str]) -> list[int]:
    found = (
        ask.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
        for path in sorted({clean(path) for path in paths})
    )
    return [row[0] for row in found if row]


def _span(ask: sqlite3.Connection, path: str) -> tuple[int, int]:
    """The keys of a file's symbols and imports; of none where there is no such file."""
    files = _files(ask, [path])
    return (first_id(files[0]), first_id(files[0] + 1)) if files else (0, 0)


def _total(ask: sqlite3.Connection, name: str) -> int:
    row = ask.execute("SELECT n FROM totals WHERE name = ?", (name,)).fetchone()
    return number(row and row[0])


def _symbol(row: Sequence[Any]) -> Symbol:
    path, name, kind, parent, first, last, signature, doc, bases, result = row
    return Symbol(
        path=path,
        name=name,
        kind=kind,
        parent=parent,
        first=first,
        last=last,
        signature=signature,
        doc=doc,
        bases=split_words(bases),
        result=result,
    )


def _batches(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _MOST_PARAMETERS):
        yield items[start : start + _MOST_PARAMETERS]


def _marks(items: Collection[object]) -> str:
    return ",".join("?" * len(items))
