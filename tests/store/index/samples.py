"""Files to put into an index, and what an index that holds them has in its tables."""

# ruff: noqa: S608 - nothing but a number goes into the SQL

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from aicopilot_lsp.store.index.layout import MAX_ROWS_PER_FILE
from aicopilot_lsp.store.index.types import ChunkRow, FileRow, ImportRow, Symbol

LINES_PER_CHUNK = 4
ROOM = 1 << 30


def sample(path: str, text: str, *, imports: Iterable[str] = (), note: str = "") -> FileRow:
    """A file whose symbols are the words after "def" and whose chunks are of four lines each."""
    lines = text.split("\n") if text else []
    symbols = tuple(
        Symbol(
            name=words[1],
            kind="method" if line.startswith(" ") else "function",
            parent="Holder" if line.startswith(" ") else "",
            first=number,
            last=number + 1,
            signature=line.strip(),
            bases=("One", "Two"),
        )
        for number, line in enumerate(lines)
        if (words := line.split())[:1] == ["def"] and len(words) > 1
    )
    chunks = tuple(
        ChunkRow(
            first=start,
            last=min(start + LINES_PER_CHUNK, len(lines)),
            terms=" ".join(lines[start : start + LINES_PER_CHUNK]),
        )
        for start in range(0, len(lines), LINES_PER_CHUNK)
    )
    return FileRow(
        path=path,
        language="python",
        digest=repr(hash(text)).encode(),
        size_bytes=len(text),
        modified_ns=7,
        text=text,
        note=note,
        symbols=symbols,
        imports=tuple(ImportRow(module=target, target=target) for target in imports),
        chunks=chunks,
    )


def expected(files: Mapping[str, FileRow]) -> dict[str, object]:
    """What `tables` gives for an index of these files."""
    symbols, imports, postings = set(), set(), set()
    terms: Counter[str] = Counter()
    for path, row in files.items():
        symbols |= {(path, one.name, one.parent, one.first, one.last) for one in row.symbols}
        imports |= {(path, place, one.target) for place, one in enumerate(row.imports)}
        for chunk in row.chunks:
            found = set(chunk.terms.lower().split())
            terms.update(found)
            postings |= {(path, chunk.first, term) for term in found}
    return {
        "files": {path: (row.digest, row.note) for path, row in files.items()},
        "symbols": symbols,
        "imports": imports,
        "texts": {path for path, row in files.items() if row.text},
        "chunks": {
            (path, one.first, one.last) for path, row in files.items() for one in row.chunks
        },
        "postings": postings,
        "terms": dict(terms),
        "totals": {
            "files": len(files),
            "symbols": len(symbols),
            "chunks": sum(len(row.chunks) for row in files.values()),
            "postings": len(postings),
            "source_bytes": sum(row.size_bytes for row in files.values()),
        },
    }


def tables(path: Path) -> dict[str, object]:
    """All that the tables hold, rows without a file included (their path is None)."""
    with closing(sqlite3.connect(path)) as connection:
        ask = connection.execute
        ask("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, postings, instance)")
        return {name: _collected(name, ask(sql).fetchall()) for name, sql in _ROWS.items()}


_FILE = f"LEFT JOIN files ON files.id = %s.id / {MAX_ROWS_PER_FILE}"
_ROWS = {
    "files": "SELECT path, digest, note FROM files",
    "symbols": "SELECT path, name, parent, first, last FROM symbols " + _FILE % "symbols",
    "imports": f"SELECT path, imports.id %% {MAX_ROWS_PER_FILE}, target FROM imports {_FILE}"
    % "imports",
    "texts": "SELECT path FROM texts LEFT JOIN files ON id = file",
    "chunks": "SELECT path, first, last FROM chunks LEFT JOIN files ON files.id = file",
    "postings": "SELECT path, first, term FROM temp.vocabulary LEFT JOIN chunks ON doc = chunks.id"
    " LEFT JOIN files ON files.id = file",
    "terms": "SELECT term, chunks FROM terms",
    "totals": "SELECT name, n FROM totals WHERE name NOT IN ('bound', 'gone')",
}


def _collected(name: str, rows: list[tuple[object, ...]]) -> object:
    if name in {"terms", "totals"}:
        return dict(rows)  # type: ignore[arg-type]
    if name == "files":
        return {row[0]: row[1:] for row in rows}
    return {row[0] for row in rows} if name == "texts" else set(rows)
