"""The rows of a file, put and taken back within a transaction of the writer's."""

import sqlite3
from collections import Counter
from collections.abc import Sequence

from aicopilot_lsp.store.index.layout import (
    MAX_ROWS_PER_FILE,
    clean,
    distinct_terms,
    first_id,
    join_words,
    number,
    owner,
    pack,
    rank,
    terms_of_chunks,
)
from aicopilot_lsp.store.index.types import ChunkRow, FileRow, ImportRow, Symbol

NAMES_ONLY = "names only: the index has reached its size limit"

_ADD_TERMS = (
    "INSERT INTO terms VALUES (?, ?)"
    " ON CONFLICT (term) DO UPDATE SET chunks = chunks + excluded.chunks"
)


class Tables:
    """All tables but `state`. What raises leaves the counts to be forgotten by the next `begin`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        # What the transaction under way changes in the tables of these names.
        self._terms: Counter[str] = Counter()
        self._totals: Counter[str] = Counter()
        self._next_chunk = 0

    def begin(self) -> None:
        """At the beginning of a transaction."""
        self._terms.clear()
        self._totals.clear()
        (last,) = self._connection.execute("SELECT max(id) FROM chunks").fetchone()
        self._next_chunk = (last or 0) + 1

    def end(self) -> None:
        """Before a transaction is committed: the counts that go with it."""
        changed = sorted(item for item in self._terms.items() if item[1])
        self._connection.executemany(_ADD_TERMS, changed)
        self._connection.executemany(
            "DELETE FROM terms WHERE term = ? AND chunks <= 0",
            ((term,) for term, change in changed if change < 0),
        )
        self._connection.executemany(
            "UPDATE totals SET n = n + ? WHERE name = ?",
            ((change, name) for name, change in self._totals.items()),
        )

    def merge(self, *, at_least: float) -> None:
        """Merge all postings, where more than this share was taken back: FTS5 keeps those until
        then. Within a transaction."""
        totals = dict(self._connection.execute("SELECT name, n FROM totals").fetchall())
        if number(totals.get("gone")) > at_least * number(totals.get("postings")):
            self._connection.execute("INSERT INTO postings (postings) VALUES ('optimize')")
            self._connection.execute("UPDATE totals SET n = 0 WHERE name = 'gone'")

    def put(self, row: FileRow, bound_bytes: int | None) -> None:
        """Replace a file; without its text where that takes `bound_bytes` or more."""
        text = pack(row.text)
        chunks = row.chunks[:MAX_ROWS_PER_FILE]
        terms = [distinct_terms(chunk.terms) for chunk in chunks]
        packed_terms = pack("\n".join(map(" ".join, terms)))
        note = row.note
        is_whole = bound_bytes is None or len(text) + len(packed_terms) < bound_bytes
        if not is_whole:
            note = note or NAMES_ONLY
        file = self._put_file(row, note)
        self._put_symbols(file, row.symbols[:MAX_ROWS_PER_FILE])
        self._put_imports(file, row.imports[:MAX_ROWS_PER_FILE])
        if is_whole and row.text:
            self._connection.execute(
                "INSERT INTO texts (file, text, terms) VALUES (?, ?, ?)",
                (file, text, packed_terms),
            )
            self._put_chunks(file, chunks, terms)

    def _put_file(self, row: FileRow, note: str) -> int:
        """The file's key, with nothing left of what it had."""
        facts = (row.language, row.digest, row.size_bytes, row.modified_ns, clean(note))
        file = self._emptied(row.path)
        self._totals.update(files=1, source_bytes=row.size_bytes)
        if file is not None:
            self._connection.execute(
                "UPDATE files SET language = ?, digest = ?, size_bytes = ?, modified_ns = ?,"
                " note = ? WHERE id = ?",
                (*facts, file),
            )
            return file
        put = self._connection.execute(
            "INSERT INTO files (path, language, digest, size_bytes, modified_ns, note)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (row.path, *facts),
        )
        return int(put.lastrowid or 0)

    def _put_symbols(self, file: int, symbols: Sequence[Symbol]) -> None:
        self._connection.executemany(
            "INSERT INTO symbols (id, name, kind, parent, owner, rank, first, last, signature, doc,"
            " bases, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_symbol_values(key, symbol) for key, symbol in enumerate(symbols, first_id(file))),
        )
        self._totals["symbols"] += len(symbols)

    def _put_imports(self, file: int, imports: Sequence[ImportRow]) -> None:
        self._connection.executemany(
            "INSERT INTO imports (id, module, name, alias, target) VALUES (?, ?, ?, ?, ?)",
            (
                (key, *map(clean, (row.module, row.name, row.alias, row.target)))
                for key, row in enumerate(imports, first_id(file))
            ),
        )

    def _put_chunks(
        self, file: int, chunks: Sequence[ChunkRow], terms: Sequence[Sequence[str]]
    ) -> None:
        keys = range(self._next_chunk, self._next_chunk + len(chunks))
        self._next_chunk = keys.stop
        self._connection.executemany(
            "INSERT INTO chunks (id, file, first, last, terms) VALUES (?, ?, ?, ?, ?)",
            (
                (key, file, chunk.first, chunk.last, len(of_chunk))
                for key, chunk, of_chunk in zip(keys, chunks, terms, strict=True)
            ),
        )
        self._connection.executemany(
            "INSERT INTO postings (rowid, terms) VALUES (?, ?)",
            zip(keys, map(" ".join, terms), strict=True),
        )
        for of_chunk in terms:
            self._terms.update(of_chunk)
        self._totals.update(chunks=len(chunks), postings=sum(map(len, terms)))

    def forget(self, path: str) -> None:
        """Take back all that a file has."""
        file = self._emptied(path)
        if file is not None:
            self._connection.execute("DELETE FROM files WHERE id = ?", (file,))

    def _emptied(self, path: str) -> int | None:
        """The key of the file, without anything but its row in `files`; None where it has none."""
        found = self._connection.execute("SELECT id, size_bytes FROM files WHERE path = ?", (path,))
        row = found.fetchone()
        if row is None:
            return None
        file, size_bytes = map(number, row)
        span = (first_id(file), first_id(file + 1))
        gone = self._connection.execute("DELETE FROM symbols WHERE id >= ? AND id < ?", span)
        self._connection.execute("DELETE FROM imports WHERE id >= ? AND id < ?", span)
        gone_totals = {"files": 1, "source_bytes": size_bytes, "symbols": gone.rowcount}
        self._totals.subtract(gone_totals)
        self.forget_text(file)
        return file

    def note(self, file: int, note: str) -> None:
        """Say why less is known of a file, if nothing is said yet."""
        self._connection.execute(
            "UPDATE files SET note = ? WHERE id = ? AND note = ''", (note, file)
        )

    def forget_text(self, file: int) -> None:
        """The text of a file, its chunks and their postings."""
        execute = self._connection.execute
        found = execute("SELECT terms FROM texts WHERE file = ?", (file,)).fetchone()
        if found is None:
            return
        keys = execute("SELECT id FROM chunks WHERE file = ? ORDER BY id", (file,)).fetchall()
        lines = terms_of_chunks(found[0], len(keys))
        # Postings without content are taken back by saying what they were.
        self._connection.executemany(
            "INSERT INTO postings (postings, rowid, terms) VALUES ('delete', ?, ?)",
            ((key, line) for (key,), line in zip(keys, lines, strict=True)),
        )
        for line in lines:
            terms = line.split()
            self._terms.subtract(terms)
            self._totals.update(postings=-len(terms), gone=len(terms))
        self._totals["chunks"] -= len(keys)
        execute("DELETE FROM chunks WHERE file = ?", (file,))
        execute("DELETE FROM texts WHERE file = ?", (file,))


def _symbol_values(key: int, symbol: Symbol) -> tuple[object, ...]:
    name, parent = clean(symbol.name), clean(symbol.parent)
    return (
        key,
        name,
        symbol.kind,
        parent,
        owner(parent),
        rank(symbol.kind, parent),
        symbol.first,
        symbol.last,
        clean(symbol.signature),
        clean(symbol.doc),
        clean(join_words(symbol.bases)),
        clean(symbol.result),
    )
