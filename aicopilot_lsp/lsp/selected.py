"""Completing beyond an item that is selected in the editor's completion list.

The suggestion continues the file as if the item had been inserted, and has to replace just what the
item would: its text then begins with the item's, and its range is the item's range.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicopilot_lsp.completion.types import Suggestion
from aicopilot_lsp.text.document import DocumentSnapshot, Point


@dataclass(frozen=True, slots=True)
class Selected:
    """The selected item: `text` would replace `start` to `end`, on one line."""

    text: str
    start: Point
    end: Point

    @property
    def cursor(self) -> Point:
        """Where the cursor would be with the item inserted."""
        return Point(self.start.line, self.start.column + len(self.text))


def with_inserted(
    document: DocumentSnapshot, selected: Selected, cursor: Point
) -> DocumentSnapshot | None:
    """The document as it would be with the item inserted; None for an item that spans lines or
    would not be inserted at the cursor."""
    start, end = selected.start, selected.end
    if start.line != end.line or "\n" in selected.text or "\r" in selected.text:
        return None
    if not start <= cursor <= end:
        return None
    line = document.lines[start.line]
    lines = list(document.lines)
    lines[start.line] = line[: start.column] + selected.text + line[end.column :]
    return DocumentSnapshot(document.uri, document.language_id, document.version, tuple(lines))


def rebased(
    suggestions: Sequence[Suggestion], selected: Selected, inserted: DocumentSnapshot
) -> tuple[Suggestion, ...]:
    """Suggestions for the document with the item inserted as ones for the real document.

    One that can't be said as "the item's text and more, in the item's range" is left out.
    """
    line = inserted.line_text(selected.start.line)
    found = (_rebased(suggestion, selected, line) for suggestion in suggestions)
    return tuple(suggestion for suggestion in found if suggestion is not None)


def _rebased(suggestion: Suggestion, selected: Selected, line: str) -> Suggestion | None:
    cursor = selected.cursor.column
    start, end, text = suggestion.start.column, suggestion.end.column, suggestion.text
    if suggestion.start.line != selected.start.line or suggestion.end.line != selected.start.line:
        return None
    # What it replaces behind the cursor has to be there again at its end: then it can stay.
    kept = line[cursor:end]
    if not start <= cursor <= end or not text.endswith(kept):
        return None
    whole = line[:start] + text.removesuffix(kept)
    if not whole.startswith(line[:cursor]):
        return None
    return Suggestion(
        id=suggestion.id,
        text=whole[selected.start.column :],
        start=selected.start,
        end=selected.end,
    )
