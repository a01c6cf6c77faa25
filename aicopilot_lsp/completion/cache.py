"""Type-through: text typed along a suggestion is served without the model.

An entry is served only if what was typed since it was asked for is a prefix of it and all other
text is unchanged (INV-5). Also remembered: that there was nothing to suggest at exactly this place,
so that going back to it does not ask again.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass

from aicopilot_lsp.completion.prompt import unix_newlines
from aicopilot_lsp.completion.types import Outcome
from aicopilot_lsp.text.document import DocumentSnapshot, Point

_DOCUMENTS = 32
_ENTRIES = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """A suggestion as it was made: the text it was made for, and what it puts there.

    `text` is "" where nothing was to be suggested. `replaces` is how many characters right of the
    cursor it overwrites. `origin` is the outcome of the request that asked the model.
    """

    document: DocumentSnapshot
    cursor: Point
    text: str
    origin: Outcome
    replaces: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """What is left of an entry after the user typed its beginning."""

    text: str
    replaces: int
    origin: Outcome


class SuggestionCache:
    """The latest suggestions of the documents in use; owned by one event loop."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, deque[Entry]] = OrderedDict()

    def put(self, entry: Entry) -> None:
        """Remember `entry` as its document's latest."""
        uri = entry.document.uri
        self._entries.setdefault(uri, deque(maxlen=_ENTRIES)).appendleft(entry)
        self._entries.move_to_end(uri)
        while len(self._entries) > _DOCUMENTS:
            self._entries.popitem(last=False)

    def get(self, document: DocumentSnapshot, cursor: Point) -> Hit | None:
        """The latest entry that holds at `cursor`, or None."""
        for entry in self._entries.get(document.uri, ()):
            typed = typed_since(entry.document, entry.cursor, document, cursor)
            if typed is None or not entry.text.startswith(typed):
                continue
            rest = entry.text[len(typed) :]
            if rest or not typed:
                return Hit(rest, entry.replaces, entry.origin)
        return None

    def forget(self, uri: str) -> None:
        self._entries.pop(uri, None)

    def clear(self) -> None:
        """Forget everything: the model or the settings changed."""
        self._entries.clear()


def typed_since(
    old: DocumentSnapshot, old_cursor: Point, new: DocumentSnapshot, new_cursor: Point
) -> str | None:
    """The text inserted at `old_cursor` that leads to `new` with the cursor behind it; None if the
    two differ in any other way. Newlines as "\\n"."""
    added = new_cursor.line - old_cursor.line
    if added < 0 or len(new.lines) - len(old.lines) != added:
        return None
    row = old_cursor.line
    # Unedited lines are the same objects in both, so these comparisons are pointer comparisons.
    if (
        new.lines[:row] != old.lines[:row]
        or new.lines[new_cursor.line + 1 :] != old.lines[row + 1 :]
    ):
        return None
    old_line, new_line = old.lines[row], new.lines[new_cursor.line]
    if new_line[new_cursor.column :] != old_line[old_cursor.column :]:
        return None
    head = old_line[: old_cursor.column]
    since = "".join(new.lines[row : new_cursor.line]) + new_line[: new_cursor.column]
    return unix_newlines(since[len(head) :]) if since.startswith(head) else None
