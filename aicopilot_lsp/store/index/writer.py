"""Filling the index of a workspace: for the one worker process that does (opening.py has its lock).

Each call is one transaction, or a few where it says so; killed at any moment, the file holds what
was committed before. Everything a file has is replaced with it: no row outlives its file.

The size of the database has a limit. Close to it, the largest files lose what can be spared (text
and chunks; most of them are data, or generated) and keep their symbols, until the rest fits;
files as large that come later are kept like that from the start (`room.py`).

bench/index_store.py measures it. 2,000 files (22 MB, 51,000 symbols, 17,000 chunks) are put in
3.2 s of one core and take 28 MB on the disk; one changed file is put in 3 ms.
"""

import shutil
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from aicopilot_lsp.errors import StoreError, StoreErrorKind
from aicopilot_lsp.store.index import opening
from aicopilot_lsp.store.index.faults import as_store_error, store_error
from aicopilot_lsp.store.index.layout import MAX_ROWS_PER_FILE, DamagedError, clean, number
from aicopilot_lsp.store.index.room import Room
from aicopilot_lsp.store.index.tables import NAMES_ONLY, Tables
from aicopilot_lsp.store.index.types import FileRow, Known, LooseImport

LEFT_OUT = "left out: the index has reached its size limit"

_REMOVED_AT_ONCE = 500
_SHRUNK_AT_ONCE = 50
# Of the postings: with as many taken back, all are merged when it is quiet.
_GONE_SHARE = 0.5
# With less free, a database that is full is so because the disk is.
_FULL_DISK_BYTES = 16 << 20
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
        with self._asking():
            self._room = Room(self._connection, max_bytes)
            self._tables = Tables(self._connection)
            if self._room.bound_bytes is not None and self._room.is_ample:
                self._forgive()

    @classmethod
    def open(cls, path: Path, *, max_bytes: int, anew: bool = False) -> Self:
        """Open the index at `path`, or make it (0600, in a folder 0700).

        Parameters
        ----------
        max_bytes : int
            What the database may take on the disk. Its log (WAL) takes some 16 MB more, and while
            room is made the file may be larger for a moment (room.py).
        anew : bool
            Give up what is there, as it has to be where a reader found it damaged.
        """
        lock = opening.take_lock(path)
        try:
            return cls(path, lock, opening.open_sound(path, anew=anew), max_bytes)
        except BaseException:
            lock.close()
            raise

    def known(self) -> Mapping[str, Known]:
        """All files of the index by path."""
        with self._asking():
            rows = self._connection.execute(
                "SELECT path, digest, size_bytes, modified_ns FROM files"
            )
            return {_text(path): _known(*facts) for path, *facts in rows}

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
        with self._asking():
            if self._room.is_short:
                self._shrink()

    def remove(self, paths: Collection[str]) -> None:
        """Forget these files; 500 in a transaction."""
        ordered = sorted(path for path in paths if path == clean(path))
        for start in range(0, len(ordered), _REMOVED_AT_ONCE):
            with self._writing():
                for path in ordered[start : start + _REMOVED_AT_ONCE]:
                    self._tables.forget(path)

    def touch(self, path: str, *, size_bytes: int, modified_ns: int) -> None:
        """The file looks different from outside and has the same content."""
        with self._writing():
            self._connection.execute(
                "UPDATE files SET size_bytes = ?, modified_ns = ? WHERE path = ?",
                (size_bytes, modified_ns, path),
            )

    def loose_imports(self) -> Iterator[LooseImport]:
        """All imports that lead to no file of the index, most of them of libraries. To be taken to
        the end before anything else is asked."""
        with self._asking():
            rows = self._connection.execute(
                "SELECT imports.id, files.path, language, module, name, target"
                " FROM imports JOIN files ON files.id = imports.id / ?"
                " WHERE target = '' OR NOT EXISTS (SELECT 1 FROM files WHERE path = target)",
                (MAX_ROWS_PER_FILE,),
            )
            for key, path, language, module, name, target in rows:
                yield LooseImport(
                    key=key, path=path, language=language, module=module, name=name, target=target
                )

    def set_targets(self, targets: Sequence[tuple[int, str]]) -> None:
        """Give imports, by their keys, other targets."""
        if targets:
            with self._writing():
                self._connection.executemany(
                    "UPDATE imports SET target = ? WHERE id = ?",
                    ((clean(target), key) for key, target in targets),
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
        with self._asking(), self._room.lifted():
            with self._writing():
                self._tables.merge(at_least=_GONE_SHARE)
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
                self._tables.put(row, self._room.bound_bytes)

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
        with self._asking(), self._room.lifted():
            missing = self._room.excess_bytes
            while missing > 0 and (largest := self._room.largest(_SHRUNK_AT_ONCE)):
                with self._writing():
                    for file, taken in largest:
                        self._tables.forget_text(file)
                        self._tables.note(file, NAMES_ONLY)
                        self._room.set_bound(taken)
                        missing -= taken
                        if missing <= 0:
                            break
                if missing <= 0:
                    # Postings that were taken back take room until they are merged.
                    with self._writing():
                        self._tables.merge(at_least=0.0)
                    missing = self._room.excess_bytes
            if missing > 0:
                with self._writing():
                    self._tables.merge(at_least=0.0)
                    self._room.set_bound(0)

    def _forgive(self) -> None:
        """Have the files that were put without their text read again."""
        with self._writing():
            self._room.set_bound(None)
            self._connection.execute(
                "UPDATE files SET digest = x'', modified_ns = 0 WHERE note IN (?, ?)",
                (NAMES_ONLY, LEFT_OUT),
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, with the counts that go with it."""
        if not self._is_in_place():
            raise store_error(StoreErrorKind.DAMAGED, self._path)
        with self._asking():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._tables.begin()
                yield
                self._tables.end()
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # it may have been rolled back already
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Errors of SQLite as ours; a file that turns out to be damaged is deleted at once, lest
        it is taken for sound when it is opened again."""
        try:
            with as_store_error(self._path):
                yield
        except StoreError as error:
            if error.kind is StoreErrorKind.DAMAGED:
                self._connection.close()
                if self._is_in_place():  # else it is somebody else's
                    with suppress(OSError):
                        opening.remove(self._path)
                self._lock.close()
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


def _text(value: object) -> str:
    if not isinstance(value, str):  # a flipped bit can make a number of a text
        raise DamagedError
    return value


def _known(digest: object, size_bytes: object, modified_ns: object) -> Known:
    if not isinstance(digest, bytes):
        raise DamagedError
    return Known(digest=digest, size_bytes=number(size_bytes), modified_ns=number(modified_ns))
