"""The open documents, by the URI that the client uses.

The one table of live text. Handlers take what they need from it in the turn in which their message
was read (`take`), and come back after an await only to ask whether it is still true (`is_current`).
A document that is not open is not there: nothing is ever read from disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicopilot_lsp.text.document import Change, Document, DocumentSnapshot, LineEdit
from aicopilot_lsp.text.positions import PositionEncoding

_LOST_MESSAGE = "a message from the editor could not be read, and it may have been an edit"


@dataclass(frozen=True, slots=True)
class Taken:
    """A document as it was when a message was read."""

    snapshot: DocumentSnapshot
    revision: int


@dataclass(slots=True)
class _Open:
    document: Document
    revision: int
    distrusted: str | None = None  # as Document.suspended, for what the document can't know


class Documents:
    """Owned by the event loop."""

    def __init__(self, encoding: PositionEncoding = PositionEncoding.UTF16) -> None:
        self.encoding = encoding
        self._open: dict[str, _Open] = {}
        self._revision = 0  # counts over all documents: a file opened anew is never current

    def open(self, uri: str, language_id: str, version: int, text: str) -> None:
        document = Document(uri, language_id, version, text, self.encoding)
        self._open[uri] = _Open(document, self._next_revision())

    def change(
        self, uri: str, version: int | None, changes: Sequence[Change]
    ) -> tuple[LineEdit, ...] | None:
        """Apply the changes; what they did, or None when there is no such document."""
        entry = self._open.get(uri)
        if entry is None:
            return None
        edits = entry.document.apply(changes, version)
        entry.revision = self._next_revision()
        if any(change.range is None for change in changes):
            entry.distrusted = None
        return edits

    def close(self, uri: str) -> bool:
        return self._open.pop(uri, None) is not None

    def take(self, uri: str, *, max_lines: int | None = None) -> Taken | None:
        """The document as it is now; None when it is not open, its text can't be relied on, or it
        has more than `max_lines`."""
        entry = self._open.get(uri)
        if entry is None or self.suspended(uri):
            return None
        if max_lines is not None and len(entry.document.lines) > max_lines:
            return None
        return Taken(entry.document.snapshot(), entry.revision)

    def is_current(self, taken: Taken) -> bool:
        """Whether the document is still as it was taken."""
        entry = self._open.get(taken.snapshot.uri)
        return entry is not None and entry.revision == taken.revision

    def lines(self, uri: str) -> Sequence[str]:
        """The live lines, to be looked at in this turn and no later; empty when it is not open."""
        entry = self._open.get(uri)
        return () if entry is None else entry.document.lines

    def suspended(self, uri: str) -> str | None:
        """Why the text of an open document may not be the editor's; None while it is."""
        entry = self._open.get(uri)
        return None if entry is None else entry.document.suspended or entry.distrusted

    def distrust(self, uri: str | None = None) -> None:
        """A message was lost that may have been an edit of `uri`, or of any document."""
        entries = self._open.values() if uri is None else filter(None, [self._open.get(uri)])
        for entry in entries:
            entry.distrusted = _LOST_MESSAGE
            entry.revision = self._next_revision()

    def __contains__(self, uri: str) -> bool:
        return uri in self._open

    def _next_revision(self) -> int:
        self._revision += 1
        return self._revision
