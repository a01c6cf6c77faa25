"""The rows of files, made here or by other processes, and what becomes of a file that none can be
made of."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from aicopilot_lsp.context.index.journal import Journal
from aicopilot_lsp.context.index.parsing import MakeRow, SourceText
from aicopilot_lsp.context.index.refusal import Refusal
from aicopilot_lsp.context.index.types import Pool
from aicopilot_lsp.store.index.types import FileRow

# So many to be parsed are worth the start of other processes (0.3 s each).
MANY_FILES = 300


class Making:
    """Makes rows one by one, or several at a time between `begin` and `end`.

    Parameters
    ----------
    make_row : callable
        What the process itself parses single files by.
    begin_pool : callable or None
        Starts the processes that parse many; None: there are none.
    """

    def __init__(
        self, make_row: MakeRow, journal: Journal, begin_pool: Callable[[], Pool] | None
    ) -> None:
        self._make_row = make_row
        self._journal = journal
        self._begin_pool = begin_pool
        self._pool: Pool | None = None

    @property
    def pending(self) -> int:
        """Files that were given and whose rows are still to come."""
        return self._pool.pending if self._pool else 0

    def begin(self, files: int) -> None:
        """So many files follow. What is raised from here on may be OSError: no process starts."""
        if files >= MANY_FILES and self._begin_pool is not None:
            self._pool = self._begin_pool()

    def end(self) -> None:
        """They are over; what is pending is given up."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def rows(self, source: SourceText) -> Iterator[FileRow]:
        """Rows that are made by now: that of `source`, or of others given before. To be taken to
        the end."""
        if self._journal.is_guilty(source.path):
            yield noted(source, Refusal.CRASHES)
        elif self._pool is None:
            yield self._made(source)
        else:
            self._pool.submit(source)
            if self._pool.is_full:
                yield from self.settled(at_most=self._pool.pending - 1)

    def settled(self, *, at_most: int = 0) -> Iterator[FileRow]:
        """Rows as they get done, until those of so many files are left to come."""
        while self._pool is not None and self._pool.pending > at_most:
            source, row = self._pool.take()
            if isinstance(row, FileRow):
                yield row
                continue
            if row is Refusal.CRASHES:
                self._journal.strike(source.path)
                if not self._journal.is_guilty(source.path):
                    self._pool.submit(source)  # somebody else may have ended the process
                    continue
            yield replace(noted(source, row), text=source.text)

    def _made(self, source: SourceText) -> FileRow:
        self._journal.begin(source.path)
        try:
            return self._make_row(source)
        except Exception:  # noqa: BLE001 - one file must not cost the others
            return replace(noted(source, Refusal.FAILED), text=source.text)


def noted(source: SourceText, why: Refusal) -> FileRow:
    """A file of which nothing is known but why."""
    return FileRow(
        path=source.path,
        language=source.language.name,
        digest=source.digest,
        size_bytes=source.stamp.size_bytes,
        modified_ns=source.stamp.modified_ns,
        text="",
        note=why,
    )
