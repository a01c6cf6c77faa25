"""How much an index may take on the disk, and which files keep their text when it is too little.

Beyond FULL_SHARE of the limit, the texts and chunks of the files that take most are given up until
SPARE_SHARE is left; most of them are data, or generated. Their symbols and imports stay. What the
least of them took is the bound from then on: a file that takes as much is not put whole again. So
the files that are found whole are the same whichever way the index grew, but for the last few.
"""

import math
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aicopilot_lsp.store.index.layout import number

FULL_SHARE = 0.85
SPARE_SHARE = 0.70
_FORGIVEN_SHARE = 0.50
_LEAST_PAGES = 64
_UNBOUNDED = -1
_NO_LIMIT = (1 << 30) - 1


class Room:
    """The limit of one database, open for writing.

    Attributes
    ----------
    bound_bytes : int or None
        What a file's text and terms may take, compressed, for it to be put whole.
    """

    def __init__(self, connection: sqlite3.Connection, max_bytes: int) -> None:
        self._connection = connection
        self._page_bytes = self._pragma("page_size")
        self._pages = max(max_bytes // self._page_bytes, _LEAST_PAGES)
        self._max_bytes = self._pages * self._page_bytes
        self._limit(self._pages)
        self.bound_bytes = self._stored_bound()

    @property
    def used_bytes(self) -> int:
        pages = self._pragma("page_count") - self._pragma("freelist_count")
        return pages * self._page_bytes

    @property
    def is_short(self) -> bool:
        return self.used_bytes > self._max_bytes * FULL_SHARE

    @property
    def excess_bytes(self) -> int:
        """How much of texts and terms has to go for there to be room again, with what goes along
        with it (chunks, postings) taken to be as much as on the average; at most 0 when there is
        room."""
        used = self.used_bytes
        (packed,) = self._connection.execute(
            "SELECT total(length(text) + length(terms)) FROM texts"
        ).fetchone()
        return math.ceil((used - self._max_bytes * SPARE_SHARE) * max(float(packed), 1.0) / used)

    @property
    def is_ample(self) -> bool:
        """A bound that was set need not be kept: the limit was raised, or many files went."""
        return self.used_bytes < self._max_bytes * _FORGIVEN_SHARE

    def largest(self, count: int) -> list[tuple[int, int]]:
        """The files that take most: keys, and bytes of their texts and terms."""
        found = self._connection.execute(
            "SELECT file, length(text) + length(terms) AS bytes FROM texts"
            " ORDER BY bytes DESC, file LIMIT ?",
            (count,),
        )
        return found.fetchall()

    def set_bound(self, bound_bytes: int | None) -> None:
        """Within a transaction."""
        self.bound_bytes = bound_bytes
        self._connection.execute(
            "INSERT OR REPLACE INTO totals VALUES ('bound', ?)",
            (_UNBOUNDED if bound_bytes is None else bound_bytes,),
        )

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Without the limit, to make room: that postings were taken back is written down first,
        and what they took is free only when they are merged. For this moment the file may be
        larger, by what the postings take (an eighth of the source) at most."""
        self._limit(_NO_LIMIT)
        try:
            yield
        finally:
            with suppress(sqlite3.ProgrammingError):  # closed, for it was found damaged
                beyond = self._pragma("page_count") - self._pages
                if beyond > 0:
                    self._vacuum(beyond)
                # Not below what the file has; what is beyond stays readable.
                self._limit(self._pages)

    def give_back(self) -> None:
        """Return free pages to the file system where they are more than a quarter."""
        if self._pragma("freelist_count") * 4 > self._pragma("page_count"):
            self._vacuum(0)

    def _stored_bound(self) -> int | None:
        found = self._connection.execute("SELECT n FROM totals WHERE name = 'bound'").fetchone()
        return None if found is None or found[0] == _UNBOUNDED else number(found[0])

    def _vacuum(self, pages: int) -> None:
        # A page a step, and `execute` takes one step of what has no columns.
        self._connection.executescript(f"PRAGMA incremental_vacuum({pages})")

    def _limit(self, pages: int) -> None:
        self._connection.execute(f"PRAGMA max_page_count = {pages}")

    def _pragma(self, name: str) -> int:
        (value,) = self._connection.execute(f"PRAGMA {name}").fetchone()
        return int(value)
