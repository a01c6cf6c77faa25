"""What is kept of a session: where the cursor rested, what was edited, within bounds."""

from aicopilot_lsp.lsp.history import (
    MAX_EDITS,
    MAX_FILES,
    MAX_VIEWS,
    MIN_VIEW_S,
    VIEW_GAP_LINES,
    VIEW_MARGIN_LINES,
    History,
)
from aicopilot_lsp.text.document import LineEdit

A, B = "file:///a.py", "file:///b.py"


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def history() -> tuple[History, Clock]:
    clock = Clock()
    return History(clock=clock), clock


def views(kept: History) -> list[tuple[str, int, int]]:
    return [(view.uri, view.first, view.last) for view in kept.views()]


def test_a_cursor_that_rested_before_it_went_on_has_seen_what_was_around_it() -> None:
    kept, clock = history()
    kept.cursor_at(A, 50)
    clock.now_s += 1
    kept.cursor_at(A, 50 + VIEW_GAP_LINES)
    clock.now_s += MIN_VIEW_S
    assert views(kept) == [], "it is still there"
    kept.cursor_at(B, 3)
    margin = VIEW_MARGIN_LINES
    assert views(kept) == [(A, 50 - margin, 50 + VIEW_GAP_LINES + 1 + margin)]


def test_a_cursor_that_passes_by_sees_nothing() -> None:
    kept, clock = history()
    for line in range(0, 1000, 100):
        kept.cursor_at(A, line)
        clock.now_s += MIN_VIEW_S - 0.1
    assert views(kept) == []


def test_a_place_that_is_seen_again_is_kept_once_and_newest() -> None:
    kept, clock = history()
    for uri, line in ((A, 5), (B, 5), (A, 7), (B, 500)):
        kept.cursor_at(uri, line)
        clock.now_s += MIN_VIEW_S
    assert [uri for uri, _, _ in views(kept)] == [A, B]


def test_a_view_moves_with_the_lines_above_it() -> None:
    kept, clock = history()
    kept.cursor_at(A, 50)
    clock.now_s += MIN_VIEW_S
    kept.cursor_at(B, 0)
    before = kept.views()[0]
    kept.changed(A, [LineEdit(0, (), ("x\n",) * 7)], ["x\n"] * 100)
    kept.changed(B, [LineEdit(0, (), ("x\n",) * 7)], ["x\n"] * 100)
    after = kept.views()[0]
    assert (after.first, after.last) == (before.first + 7, before.last + 7)
    kept.changed(A, [LineEdit(0, ("x\n",) * 90, ())], ["x\n"] * 10)
    assert after.first - 90 < kept.views()[0].last


def test_memory_is_bounded() -> None:
    kept, clock = history()
    for number in range(10 * MAX_FILES):
        clock.now_s += MIN_VIEW_S
        uri = f"file:///{number}.py"
        kept.opened(uri)
        kept.cursor_at(uri, 3)
        kept.changed(uri, [LineEdit(3, ("a\n",), ("b\n",))], ["b\n"] * 9)
    assert len(kept.uris()) == MAX_FILES
    assert kept.uris()[0] == uri
    assert len(kept.edits()) == MAX_EDITS
    assert len(kept.views()) == MAX_VIEWS
    assert kept.edits()[0].uri == uri, "the newest first"


def test_a_file_that_is_opened_anew_joins_nothing_to_what_was_done_before() -> None:
    kept, _ = history()
    kept.changed(A, [LineEdit(3, ("a\n",), ("b\n",))], ["b\n"] * 9)
    kept.opened(A)
    kept.changed(A, [LineEdit(3, ("b\n",), ("c\n",))], ["b\n"] * 9)
    assert [(one.hunk.removed, one.hunk.added) for one in kept.edits()] == [
        (("b",), ("c",)),
        (("a",), ("b",)),
    ]
