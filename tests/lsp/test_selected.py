"""Completing beyond the selected item: what can be said in the item's range, and what can't."""

import pytest

from aicopilot_lsp.completion.types import Suggestion
from aicopilot_lsp.lsp.selected import Selected, rebased, with_inserted
from aicopilot_lsp.text.document import DocumentSnapshot, Point

LINE = "    x.app)"
DOCUMENT = DocumentSnapshot.from_text(f"first\n{LINE}\r\nlast")
ITEM = Selected("append", Point(1, 6), Point(1, 9))
INSERTED = "    x.append)"


def test_the_item_is_inserted_and_the_line_keeps_its_end() -> None:
    inserted = with_inserted(DOCUMENT, ITEM, Point(1, 9))
    assert inserted is not None
    assert inserted.text == f"first\n{INSERTED}\r\nlast"
    assert ITEM.cursor == Point(1, 12)


@pytest.mark.parametrize(
    ("start", "end", "text", "expected"),
    [
        (12, 12, "(1", "append(1"),
        (12, 12, "(1,\n  2", "append(1,\n  2"),
        (12, 13, "(1))", "append(1)"),  # the bracket behind the cursor stays where it is
        (6, 12, "append(2", "append(2"),
        (9, 12, "end(2", "append(2"),
        (0, 12, "    x.append(2", "append(2"),
        (6, 12, "insert(2", None),  # does not begin with the item
        (12, 13, "(1", None),  # would take the bracket away
        (0, 12, "y.append(2", None),  # would change what is before the item
        (13, 13, "x", None),  # not at the cursor
    ],
)
def test_a_suggestion_is_said_in_the_items_range_or_not_at_all(
    start: int, end: int, text: str, expected: str | None
) -> None:
    inserted = with_inserted(DOCUMENT, ITEM, Point(1, 9))
    assert inserted is not None
    suggestion = Suggestion(id="s", text=text, start=Point(1, start), end=Point(1, end))
    found = rebased([suggestion], ITEM, inserted)
    if expected is None:
        assert found == ()
    else:
        assert found == (Suggestion(id="s", text=expected, start=ITEM.start, end=ITEM.end),)
        # Both ways of saying it give the same line.
        wanted = INSERTED[:start] + text + INSERTED[end:]
        assert LINE[:6] + found[0].text + LINE[9:] == wanted
