"""Filling the index of a workspace: for the one worker process that does (opening.py has its lock).

Each call is one transaction, or a few where it says so; killed at any moment, the file holds what
was committed before. Everything a file has is replaced with it: no row outlives its file.

The size of the database has a limit. Close to it, the largest files lose what can be spared (text
and chunks; most of them are data, or generated) and keep their symbols, until the rest fits;
files as large that come later are kept like that from the start (`room.py`).

Measured on two cores with 10,000 files (106 MB of source): see bench/index_store.py.
"""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from aicopilot_lsp.errors import StoreError, StoreErrorKind
from aicopilot_lsp.store.index import opening
from aicopilot_lsp.store.index.faults import as_store_error, store_error
from aicopilot_lsp.store.index.layout import (
    MAX_ROWS_PER_FILE,
    clean,
    distinct_terms,
    first_id,
    join_words,
    owner,
    pack,
    rank,
    terms_of_chunks,
)
from aicopilot_lsp.store.index.room import Room
from aicopilot_lsp.store.index.types import ChunkRow, FileRow, ImportRow, Known, Symbol

NAMES_ONLY = "names only: the index has reached its size limit"
LEFT_OUT = "left out: the index has reached its size limit"

_REMOVED_AT_ONCE = 500
_SHRUNK_AT_ONCE = 50
# With less free, a database that is full is so because the disk is.
_FULL_DISK_BYTES = 16 << 20

_ADD_TERMS = (
    "INSERT INTO terms VALUES (?, ?)"
    " ON CONFLICT (term) DO UPDATE SET chunks = chunks + excluded.chunks"
)
_MERGE = "INSERT INTO postings (postings, rank) VALUES ('merge', 1000)"


class IndexWriter:
    """The index of one workspace, open for writing. Not for two threads at once.

    Attributes
    ----------
    rebuilt : str
        Why the file that was there was given up and a new one begun, as a clause for a person
        ("it was damaged"); "" where that was not so.

    All methods raise StoreError. After DAMAGED the file is gone: open it again.
    """

    def __init__(
        self,
        path: Path,
        lock: sqlite3.Connection,
        found: tuple[sqlite3.Connection, str],
        max_bytes: int,
    ) -> None:
        self._path = path
        self._lock = lock
        self._connection, self.rebuilt = found
        self._inode = path.stat().st_ino
        self._room = Room(self._connection, max_bytes)
        # What the transaction under way changes in the tables of these names.
        self._terms: Counter[str] = Counter()
        self._totals: Counter[str] = Counter()
        self._next_chunk = 0
        if self._room.bound_bytes is not None and self._room.is_ample:
            self._forgive()

    @classmethod
    def open(cls, path: Path, *, max_bytes: int, anew: bool = False) -> Self:
        """Open the index at `path`, or make it (0600, in a folder 0700).

        Parameters
        ----------
        max_bytes : int
            What the database may take on the disk; its log (WAL) takes up to 16 MB more.
        anew : bool
            Give up what is there, as it has to be where a reader found it damaged.
        """
        lock = opening.take_lock(path)
        try:
            found = opening.open_sound(path, anew=anew)
            with as_store_error(path):
                return cls(path, lock, found, max_bytes)
        except BaseException:
            lock.close()
            raise

    def known(self) -> Mapping[str, Known]:
        """All files of the index by path."""
        with self._asking():
            rows = self._connection.execute(
                "SELECT path, digest, size_bytes, modified_ns FROM files"
            )
            return {
                path: Known(digest=digest, size_bytes=size, modified_ns=modified)
                for path, digest, size, modified in rows
            }

    def put(self, rows: Sequence[FileRow]) -> None:
        """Replace all that is known of these files, in one transaction. Of rows with one path the
        last counts; a path that is no valid Unicode is passed over."""
        latest = {row.path: row for row in rows if row.path == clean(row.path)}
        if not latest:
            return
        try:
            self._put(latest.values())
        except StoreError as error:
            if error.kind is not StoreErrorKind.FULL or self._is_disk_full():
                raise
            # Larger than what is kept free for it: one by one.
            for row in latest.values():
                self._put_what_fits(row)
        if self._room.is_short:
            self._shrink()

    def remove(self, paths: Collection[str]) -> None:
        """Forget these files; 500 in a transaction."""
        ordered = sorted(path for path in paths if path == clean(path))
        for start in range(0, len(ordered), _REMOVED_AT_ONCE):
            with self._writing():
                for path in ordered[start : start + _REMOVED_AT_ONCE]:
                    self._forget(path)

    def touch(self, path: str, *, size_bytes: int, modified_ns: int) -> None:
        """The file looks different from outside and has the same content."""
        with self._writing():
            self._connection.execute(
                "UPDATE files SET size_bytes = ?, modified_ns = ? WHERE path = ?",
                (size_bytes, modified_ns, path),
            )

    def get_state(self, key: str) -> str:
        """What was set, "" where nothing was."""
        with self._asking():
            found = self._connection.execute("SELECT value FROM state WHERE key = ?", (key,))
            row = found.fetchone()
            return str(row[0]) if row else ""

    def set_state(self, key: str, value: str) -> None:
        with self._writing():
            self._connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))

    def tidy(self) -> None:
        """Merge the postings and give free room back, in small transactions. For quiet times."""
        with self._asking():
            changes = 2
            while changes > 1:  # what a step that found nothing to do counts
                before = self._connection.total_changes
                self._connection.execute(_MERGE)
                changes = self._connection.total_changes - before
            self._connection.execute("PRAGMA optimize")
            self._room.give_back()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Let go of the file and the lock. What was put is kept without this, too."""
        self._connection.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _put(self, rows: Iterable[FileRow]) -> None:
        with self._writing():
            for row in rows:
                self._replace(row)

    def _put_what_fits(self, row: FileRow) -> None:
        """One file whole, or without its text, or only that it is there."""
        names_only = replace(row, text="", chunks=(), note=row.note or NAMES_ONLY)
        for kept in (row, names_only):
            try:
                self._put([kept])
            except StoreError as error:
                if error.kind is not StoreErrorKind.FULL:
                    raise
                self._shrink()
            else:
                return
        self._put([replace(names_only, symbols=(), imports=(), note=LEFT_OUT)])

    def _shrink(self) -> None:
        """Give up texts until there is room again, or none is left."""
        while not self._room.is_spare and (largest := self._room.largest(_SHRUNK_AT_ONCE)):
            with self._writing():
                for file, _ in largest:
                    self._forget_text(file)
                    self._connection.execute(
                        "UPDATE files SET note = ? WHERE id = ? AND note = ''", (NAMES_ONLY, file)
                    )
                self._room.set_bound(min(taken for _, taken in largest))
        if not self._room.is_spare:
            with self._writing():
                self._room.set_bound(0)

    def _forgive(self) -> None:
        """Have the files that were put without their text read again."""
        with self._writing():
            self._room.set_bound(None)
            self._connection.execute(
                "UPDATE files SET digest = x'', modified_ns = 0 WHERE note IN (?, ?)",
                (NAMES_ONLY, LEFT_OUT),
            )

    def _replace(self, row: FileRow) -> None:
        text = pack(row.text)
        chunks = row.chunks[:MAX_ROWS_PER_FILE]
        terms = [distinct_terms(chunk.terms) for chunk in chunks]
        packed_terms = pack("\n".join(map(" ".join, terms)))
        note = row.note
        bound = self._room.bound_bytes
        is_whole = bound is None or len(text) + len(packed_terms) < bound
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

    def _forget(self, path: str) -> None:
        file = self._emptied(path)
        if file is not None:
            self._connection.execute("DELETE FROM files WHERE id = ?", (file,))

    def _emptied(self, path: str) -> int | None:
        """The key of the file, without anything but its row in `files`; None where it has none."""
        found = self._connection.execute("SELECT id, size_bytes FROM files WHERE path = ?", (path,))
        row = found.fetchone()
        if row is None:
            return None
        file, size_bytes = row
        span = (first_id(file), first_id(file + 1))
        gone = self._connection.execute("DELETE FROM symbols WHERE id >= ? AND id < ?", span)
        self._connection.execute("DELETE FROM imports WHERE id >= ? AND id < ?", span)
        gone_totals = {"files": 1, "source_bytes": size_bytes, "symbols": gone.rowcount}
        self._totals.subtract(gone_totals)
        self._forget_text(file)
        return int(file)

    def _forget_text(self, file: int) -> None:
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
            self._totals["postings"] -= len(terms)
        self._totals["chunks"] -= len(keys)
        execute("DELETE FROM chunks WHERE file = ?", (file,))
        execute("DELETE FROM texts WHERE file = ?", (file,))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, with the counts that go with it."""
        if not self._is_in_place():
            raise store_error(StoreErrorKind.DAMAGED, self._path)
        with self._asking():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._terms.clear()
                self._totals.clear()
                (last,) = self._connection.execute("SELECT max(id) FROM chunks").fetchone()
                self._next_chunk = (last or 0) + 1
                yield
                self._count()
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _count(self) -> None:
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

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Errors of SQLite as ours; a file that turns out to be damaged is deleted at once, lest
        it is taken for sound when it is opened again."""
        try:
            with as_store_error(self._path):
                yield
        except StoreError as error:
            if error.kind is StoreErrorKind.DAMAGED:
                self.close()
                with suppress(OSError):
                    opening.remove(self._path)
            raise

    def _is_in_place(self) -> bool:
        """Whether it was not deleted, or another one put in its place; what is written to it then
        nobody would read."""
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    def _is_disk_full(self) -> bool:
        return shutil.disk_usage(self._path.parent).free < _FULL_DISK_BYTES


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
