"""Asking the index of a workspace, while its writer may be writing it.

Synchronous, for one thread at a time, and small: sqlite3 alone (INV-11). Every question sees one
state of the database. There is no exception that a caller has to expect: where there is no index,
or one that can't be read, the answers are empty and `fault` says why. A file that was put in the
place of the one that is open is noticed with the next question.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from aicopilot_lsp.errors import StoreErrorKind
from aicopilot_lsp.store.index import questions
from aicopilot_lsp.store.index.faults import kind_of
from aicopilot_lsp.store.index.layout import APPLICATION_ID, VERSION, DamagedError, unpack_bytes
from aicopilot_lsp.store.index.rarity import Frequencies
from aicopilot_lsp.store.index.types import ChunkRow, FileFacts, ImportRow, IndexStatus, Symbol

_T = TypeVar("_T")

# A reader waits for nobody but a process that is just recovering the log of one that was killed.
_BUSY_TIMEOUT_S = 0.1
_CACHED_BYTES = 1 << 20

NO_INDEX = "there is none yet"
DAMAGED = "it is damaged and has to be built anew"
ANOTHER_VERSION = "it was written by another version of this program and has to be built anew"
_FAULTS = {
    StoreErrorKind.DAMAGED: DAMAGED,
    StoreErrorKind.BUSY: "it is being repaired",
    StoreErrorKind.DENIED: "its file can't be opened",
}


class _UnusableError(Exception):
    """Why there is nothing to ask."""


class IndexReader:
    """The index at `path`, which need not be there.

    Attributes
    ----------
    fault : str
        Why the last question was answered with nothing, as a clause for a person; "" when it was
        answered from an index.
    """

    def __init__(self, path: Path) -> None:
        self.fault = ""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._texts = _Texts()

    @property
    def is_damaged(self) -> bool:
        """Only building it anew helps."""
        return self.fault in {DAMAGED, ANOTHER_VERSION}

    def defining(self, names: Collection[str], *, limit: int = 64) -> Sequence[Symbol]:
        """Symbols with these names: top level before members, classes and functions before others,
        defined once before often; each name's best come first. Of a name that is defined very
        often only some, where there are others."""
        return self._ask(lambda ask: questions.defining(ask, names, limit), ())

    def members(self, types: Collection[str], *, limit: int = 256) -> Sequence[Symbol]:
        """Symbols whose parent's last part is one of these, in file order; where they are more
        than `limit`, each type has its share."""
        return self._ask(lambda ask: questions.members(ask, types, limit), ())

    def symbols_in(self, path: str) -> Sequence[Symbol]:
        """All symbols of a file, in file order."""
        return self._ask(lambda ask: questions.symbols_in(ask, path), ())

    def imports_of(self, path: str) -> Sequence[ImportRow]:
        """What a file imports, in file order."""
        return self._ask(lambda ask: questions.imports_of(ask, path), ())

    def importers_of(self, path: str, *, limit: int = 32) -> Sequence[str]:
        """The files with an import whose target is this one, by name."""
        return self._ask(lambda ask: questions.importers_of(ask, path, limit), ())

    def frequencies(self, terms: Collection[str], *, exclude: Collection[str] = ()) -> Frequencies:
        """In how many chunks of files that are not in `exclude` each of these terms is. `search`
        is asked with the rare ones (rarity.py)."""
        return self._ask(lambda ask: questions.frequencies(ask, terms, exclude), Frequencies())

    def search(
        self,
        weights: Mapping[str, float],
        *,
        exclude: Collection[str] = (),
        under: str = "",
        limit: int = 20,
    ) -> Sequence[ChunkRow]:
        """Chunks that have most of these terms, best first.

        Parameters
        ----------
        weights : mapping of str to float
            From `rarity.rare_terms`.
        exclude : collection of str
            Paths of files that are passed over.
        under : str
            Only files whose path begins with this ("src/").
        """

        def find(ask: sqlite3.Connection) -> Sequence[ChunkRow]:
            hits = questions.ranked(ask, weights, exclude=exclude, under=under, limit=limit)
            return [
                ChunkRow(
                    path=hit.path,
                    first=hit.first,
                    last=hit.last,
                    text=self._lines(ask, hit.path, hit.first, hit.last),
                    score=hit.score,
                )
                for hit in hits
            ]

        return self._ask(find, ())

    def lines(self, path: str, first: int, last: int) -> str:
        """The text of these lines, joined with "\\n"; "" where there is no such file."""
        return self._ask(lambda ask: self._lines(ask, path, first, last), "")

    def paths(self, pattern: str, *, limit: int = 32) -> Sequence[str]:
        """Paths that match a GLOB, by name."""
        return self._ask(lambda ask: questions.paths(ask, pattern, limit), ())

    def generation(self) -> Hashable:
        """Another one whenever something may have been written; None where there is no index."""

        def version(ask: sqlite3.Connection) -> Hashable:
            return self._identity, ask.execute("PRAGMA data_version").fetchone()[0]

        return self._ask(version, None)

    def status(self) -> IndexStatus:
        """What the index holds."""
        found = self._ask(questions.status, IndexStatus())
        return found if not self.fault else IndexStatus(fault=self.fault, damaged=self.is_damaged)

    def explain(self, path: str) -> FileFacts | None:
        """What is known of a file; None where there is nothing."""
        return self._ask(lambda ask: questions.facts(ask, path), None)

    def close(self) -> None:
        """Let go of the file; a question opens it again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._identity = None
        self._texts.clear()

    def _ask(self, question: Callable[[sqlite3.Connection], _T], empty: _T) -> _T:
        """The answer from one state of the database, or `empty`."""
        self.fault = ""
        try:
            connection = self._connected()
            connection.execute("BEGIN")
            try:
                return question(connection)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except _UnusableError as error:
            self.fault = str(error)
        except (sqlite3.Error, DamagedError, OSError) as error:
            self.fault = _FAULTS.get(kind_of(error), "it can't be read")
        except (TypeError, ValueError, AttributeError):
            # A flipped bit can make a number of a text.
            self.fault = DAMAGED
        self.close()
        return empty

    def _connected(self) -> sqlite3.Connection:
        """A connection to the file that is at the path now."""
        identity = self._identity_now()
        if self._connection is not None and self._identity == identity:
            return self._connection
        self.close()
        self._connection = _opened(self._path)
        self._identity = identity
        # Had it been replaced while it was opened, SQLite could have the one file's log with the
        # other's pages.
        if self._identity_now() != identity:
            raise _UnusableError(NO_INDEX)
        return self._connection

    def _identity_now(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise _UnusableError(NO_INDEX) from None
        return found.st_dev, found.st_ino

    def _lines(self, ask: sqlite3.Connection, path: str, first: int, last: int) -> str:
        return self._texts.lines(path, (first, last), *questions.packed_text(ask, path))


class _Texts:
    """The texts of the files that were asked for last, as bytes: of most, few lines are wanted."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()
        self._kept_bytes = 0

    def lines(
        self, path: str, span: tuple[int, int], digest: bytes, packed: Callable[[], bytes]
    ) -> str:
        """Lines of a file, joined with "\\n"; `packed` is asked where its text is not known."""
        first, last = max(span[0], 0), max(span[1], 0)
        text = self._text(path, digest, packed)
        found = b"\n".join(text.split(b"\n", last)[first:last])
        return found.decode("utf-8", "surrogatepass")

    def clear(self) -> None:
        self._kept.clear()
        self._kept_bytes = 0

    def _text(self, path: str, digest: bytes, packed: Callable[[], bytes]) -> bytes:
        kept = self._forget(path)
        if kept is None or kept[0] != digest:
            text = unpack_bytes(packed())
            if b"\r" in text:
                text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            kept = digest, text
        self._kept[path] = kept
        self._kept_bytes += len(kept[1])
        while self._kept_bytes > _CACHED_BYTES and len(self._kept) > 1:
            self._forget(next(iter(self._kept)))
        return kept[1]

    def _forget(self, path: str) -> tuple[bytes, bytes] | None:
        kept = self._kept.pop(path, None)
        self._kept_bytes -= len(kept[1]) if kept else 0
        return kept


def _opened(path: Path) -> sqlite3.Connection:
    """A connection that can't write. Raises sqlite3.Error, or _UnusableError."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    except BaseException:
        connection.close()
        raise
    if application == APPLICATION_ID and version == VERSION:
        return connection
    connection.close()
    # An empty one is about to be made.
    raise _UnusableError(ANOTHER_VERSION if version or application else NO_INDEX)
