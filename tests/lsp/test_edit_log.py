"""The log of a file's edits: what is joined, what is left out, and that taking it back is exact."""

import random
from collections.abc import Sequence
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.lsp.edit_log import (
    BURST_LINES,
    BURST_S,
    JOIN_S,
    MAX_CHARS,
    MAX_HUNKS,
    MAX_LINES,
    MAX_PLACES,
    EditLog,
    LoggedHunk,
)
from aicopilot_lsp.text.document import Change, Document, LineEdit
from aicopilot_lsp.text.positions import Position, PositionEncoding, Range

PLAIN = "\n".join(f"line {number}" for number in range(60)) + "\n"


class File:
    """A document and its log, with a clock that stands still unless it is told."""

    def __init__(self, text: str = PLAIN, *, max_hunks: int = MAX_HUNKS) -> None:
        self.document = Document("file:///f.py", "python", 0, text, PositionEncoding.UTF32)
        self.log = EditLog(max_hunks=max_hunks)
        self.now_s = 1000.0

    @property
    def lines(self) -> list[str]:
        return [line.rstrip("\r\n") for line in self.document.snapshot().lines]

    def send(self, *changes: Change) -> Sequence[LineEdit]:
        edits = self.document.apply(changes, None)
        self.log.add(edits, self.document.snapshot().lines, self.now_s)
        return edits

    def type(self, line: int, column: int, text: str) -> None:
        """One message a key."""
        for offset, key in enumerate(text):
            self.send(insert(line, column + offset, key))

    def hunks(self) -> list[tuple[int, tuple[str, ...], tuple[str, ...]]]:
        return [(one.first, one.removed, one.added) for one in self.log.newest_first()]

    def taken_back(self) -> list[str]:
        """The oldest text that the log leads to."""
        return reduce(taken_back, self.log.newest_first(), self.lines)


def taken_back(lines: list[str], hunk: LoggedHunk) -> list[str]:
    assert tuple(lines[hunk.first : hunk.end]) == hunk.added
    return [*lines[: hunk.first], *hunk.removed, *lines[hunk.end :]]


def insert(line: int, column: int, text: str) -> Change:
    return replace(line, column, line, column, text)


def replace(line: int, column: int, end_line: int, end_column: int, text: str) -> Change:
    return Change(Range(Position(line, column), Position(end_line, end_column)), text)


def test_keys_typed_in_a_line_are_one_hunk() -> None:
    file = File()
    file.type(3, 6, " more")
    assert file.hunks() == [(3, ("line 3",), ("line 3 more",))]


def test_lines_typed_one_below_the_other_are_one_hunk() -> None:
    file = File()
    file.send(insert(3, 6, "\n"))
    file.type(4, 0, "new")
    file.send(insert(4, 3, "\n"))
    file.type(5, 0, "newer")
    assert file.hunks() == [(4, (), ("new", "newer"))]


def test_what_is_typed_and_deleted_leaves_nothing() -> None:
    file = File()
    file.type(3, 6, "abc")
    file.send(replace(3, 6, 3, 9, ""))
    assert file.hunks() == []
    assert file.taken_back() == file.lines


@pytest.mark.parametrize(("pause_s", "hunks"), [(JOIN_S - 1, 1), (JOIN_S + 1, 2)])
def test_the_same_place_is_one_hunk_for_a_minute(pause_s: float, hunks: int) -> None:
    file = File()
    file.type(3, 6, "a")
    file.now_s += pause_s
    file.type(3, 7, "b")
    assert len(file.hunks()) == hunks
    assert file.taken_back() == [*PLAIN.split("\n")]


@pytest.mark.parametrize(
    ("line", "pause_s", "hunks"),
    [
        (20 + BURST_LINES + 1, BURST_S, 1),
        (20 + BURST_LINES + 2, BURST_S, 2),
        (20 + BURST_LINES + 1, BURST_S + 0.1, 2),
        (20 - BURST_LINES - 1, BURST_S, 1),
        (20 - BURST_LINES - 2, BURST_S, 2),
        (22, BURST_S + 0.1, 2),
        (21, JOIN_S, 1),
    ],
)
def test_places_near_by_are_one_hunk_if_they_come_in_a_burst(
    line: int, pause_s: float, hunks: int
) -> None:
    file = File()
    file.type(20, 0, "a")
    file.now_s += pause_s
    file.send(insert(line, 0, "two\nlines "))
    assert len(file.hunks()) == hunks
    assert file.taken_back() == [*PLAIN.split("\n")]


def test_two_cursors_that_type_at_once_make_two_hunks() -> None:
    file = File()
    for column in range(7, 13):
        file.send(insert(10, column, "x"), insert(40, column, "x"))
    assert file.hunks() == [
        (40, ("line 40",), ("line 40xxxxxx",)),
        (10, ("line 10",), ("line 10xxxxxx",)),
    ]


def test_a_hunk_that_is_passed_by_moves_with_the_lines_above_it() -> None:
    file = File()
    file.type(10, 0, "a")
    file.type(40, 0, "b")
    file.send(insert(10, 1, "\n"))  # joins the first; the second is two lines of text later
    assert [first for first, _, _ in file.hunks()] == [41, 10]
    assert file.taken_back() == [*PLAIN.split("\n")]


def test_a_large_paste_is_left_out_and_what_came_before_stays() -> None:
    file = File()
    file.type(3, 0, "a")
    before = file.hunks()
    file.send(insert(3, 0, "x\n" * MAX_LINES))
    assert file.hunks() == before
    file.send(insert(3, 0, "b"))
    assert file.hunks() == [(3, ("x",), ("bx",)), *before], "nothing is joined across the unknown"


def test_keys_typed_in_an_enormous_line_are_left_out() -> None:
    file = File("x" * (MAX_CHARS + 1))
    file.type(0, 0, "ab")
    assert file.hunks() == []


def test_a_hunk_is_found_where_it_is_now() -> None:
    rng = random.Random(20_260_101)
    for _ in range(50):
        file = File()
        for number in range(MAX_HUNKS):
            file.now_s += JOIN_S + 1
            at = rng.randrange(len(file.lines) - 1)
            more = "x\n" * (MAX_LINES + 5 if number % 5 == 4 else rng.randrange(3))
            file.send(insert(at, 0, f"new {number}\n{more}"))
        for hunk, line_now in file.log.placed():
            assert file.lines[line_now] == hunk.added[0]


def test_a_joined_hunk_is_found_where_it_is_now() -> None:
    file = File()
    file.type(50, 0, "a")
    file.type(30, 0, "b")
    file.send(insert(5, 0, "\n\n"))
    file.type(51, 0, "c")  # just above the first, which moved by two
    file.type(32, 1, "d")
    places = {hunk.added: line_now for hunk, line_now in file.log.placed()}
    assert places == {("", ""): 5, ("bdline 30",): 32, ("cline 49", "aline 50"): 51}
    assert file.lines[32:33] + file.lines[51:53] == ["bdline 30", "cline 49", "aline 50"]
    assert file.taken_back() == [*PLAIN.split("\n")]


def test_of_many_hunks_the_oldest_are_forgotten() -> None:
    file = File()
    for number in range(MAX_HUNKS + 3):
        file.now_s += 2
        file.type(3 * number, 0, "a")
    assert [first for first, _, _ in file.hunks()] == [
        3 * number for number in range(MAX_HUNKS + 2, 2, -1)
    ]


def test_a_formatter_that_changes_many_places_is_left_out() -> None:
    file = File()
    places = [insert(2 * number, 0, " ") for number in range(MAX_PLACES + 1)]
    file.send(*places)
    assert file.hunks() == []
    file = File()
    file.send(*places[:-1])
    assert len(file.hunks()) == MAX_PLACES  # a name that is changed everywhere


def test_a_client_that_sends_all_of_the_text_is_understood() -> None:
    file = File()
    for key in ("a", "ab", "abc"):
        file.send(Change(None, PLAIN.replace("line 7\n", f"line 7{key}\n")))
    assert file.hunks() == [(7, ("line 7",), ("line 7abc",))]


def test_line_ends_that_change_are_no_edit() -> None:
    file = File("a\nb\nc\n")
    file.send(Change(None, "a\r\nb\r\nc\r\n"))
    assert file.hunks() == []


def test_a_hunk_stops_growing() -> None:
    file = File()
    for number in range(3 * MAX_LINES):
        file.send(insert(5 + number, 0, f"n{number}\n"))
    sizes = [len(added) for _, _, added in file.hunks()]
    assert max(sizes) == MAX_LINES
    assert sum(sizes) == 3 * MAX_LINES
    assert file.taken_back() == [*PLAIN.split("\n")]


# Line, column, how far the range reaches, and the text in its place; then the pause before.
Message = tuple[list[tuple[int, int, int, str]], float]

_PIECES = st.sampled_from(
    ["", "a", "b", " ", "\n", "x\n", "\nx", "one\ntwo\n", "\r\n", "\r", "z" * 50, "p\n" * 45]
)
_MESSAGES = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.integers(0, 12), st.integers(0, 4), st.integers(0, 5), _PIECES),
            min_size=1,
            max_size=3,
        ),
        st.sampled_from([0.0, 0.5, 2.0, 61.0]),
    ),
    max_size=40,
)


@given(_MESSAGES)
def test_hunks_taken_back_newest_first_give_an_older_text(messages: list[Message]) -> None:
    replay(messages)


def test_so_they_do_in_long_sessions() -> None:
    rng = random.Random(20_260_101)
    pieces = ["", "a", "\n", "b\n", "\nc", "one\ntwo\n", "\r\n", "\r"]
    for _ in range(60):
        replay(
            [
                (
                    [
                        (rng.randrange(12), rng.randrange(4), rng.randrange(3), rng.choice(pieces))
                        for _ in range(rng.choice((1, 1, 1, 2, 3)))
                    ],
                    rng.choice((0.0, 0.1, 0.1, 2.0, 10.0, 61.0)),
                )
                for _ in range(80)
            ]
        )


def replay(messages: Sequence[Message]) -> None:
    """After each message, the log leads back to the text that there was before its oldest hunk, or
    just after the last change that is too large to be in it."""
    file = File("one\ntwo\r\nthree\n\nfive\n", max_hunks=10_000)
    base, unreachable = file.lines, 0
    for changes, pause_s in messages:
        file.now_s += pause_s
        edits = file.send(
            *(
                replace(line, column, line + more, column + more, text)
                for line, column, more, text in changes
            )
        )
        hunks = list(file.log.newest_first())
        if any(max(len(edit.added), len(edit.removed)) > MAX_LINES for edit in edits):
            base, unreachable = file.lines, len(hunks)
        lines = file.lines
        for hunk in hunks[: len(hunks) - unreachable]:
            assert hunk.removed != hunk.added
            lines = taken_back(lines, hunk)
        assert lines == base
