"""What each kind of edit does to an open document: one table a rule."""

import pytest

from aicopilot_lsp.text.document import Change, Document
from aicopilot_lsp.text.positions import Position, PositionEncoding, Range

UTF8, UTF16, UTF32 = PositionEncoding.UTF8, PositionEncoding.UTF16, PositionEncoding.UTF32

# Text, range as "line:character-line:character", inserted text, text afterwards.
Edit = tuple[str, str, str, str]


def document(text: str, encoding: PositionEncoding = UTF16, version: int | None = 1) -> Document:
    return Document("file:///a.py", "python", version, text, encoding)


def change(where: str | None, text: str) -> Change:
    if where is None:
        return Change(None, text)
    start, end = (Position(*map(int, side.split(":"))) for side in where.split(" "))
    return Change(Range(start, end), text)


def text_of(document: Document) -> str:
    snapshot = document.snapshot()
    assert "".join(snapshot.lines) == snapshot.text
    assert all(line.endswith(("\n", "\r")) for line in snapshot.lines[:-1])
    return snapshot.text


def is_suspended(document: Document) -> bool:
    return document.suspended is not None


def check(before: str, where: str, inserted: str, after: str, encoding: PositionEncoding) -> None:
    edited = document(before, encoding)
    edited.apply([change(where, inserted)], 2)
    assert text_of(edited) == after
    assert edited.snapshot().lines == document(after).snapshot().lines
    assert edited.suspended is None


PLAIN: tuple[Edit, ...] = (
    ("", "0:0 0:0", "a", "a"),
    ("ab", "0:1 0:1", "x", "axb"),
    ("ab\ncd\nef", "0:1 2:1", "", "af"),
    ("ab\ncd", "0:2 0:2", "\n", "ab\n\ncd"),
    ("ab\ncd\n", "2:0 2:0", "ef", "ab\ncd\nef"),
    ("ab\ncd\n", "0:0 2:0", "", ""),
    ("ab\ncd\n", "0:2 1:0", "", "abcd\n"),
    ("a\nb\nc", "1:0 1:1", "x\ny\nz", "a\nx\ny\nz\nc"),
    ("a\nb", "1:1 1:1", "\n", "a\nb\n"),
)
PAST_THE_END: tuple[Edit, ...] = (
    ("ab\ncd", "0:9 0:9", "x", "abx\ncd"),
    ("ab\r\ncd", "0:3 0:3", "x", "abx\r\ncd"),
    ("ab\rcd", "0:3 0:3", "x", "abx\rcd"),
    ("ab\ncd", "0:1 0:2147483647", "", "a\ncd"),
    ("ab\ncd", "7:0 9:5", "x", "ab\ncdx"),
    ("ab\ncd\n", "2:0 99:0", "x", "ab\ncd\nx"),
    ("ab\ncd", "0:0 4294967295:4294967295", "x", "x"),
    ("ab", "9223372036854775808:9223372036854775808 9223372036854775809:0", "x", "abx"),
    ("", "5:5 6:6", "x", "x"),
)
TERMINATORS: tuple[Edit, ...] = (
    ("a\r\nb", "0:1 1:0", "", "ab"),
    ("a\r\nb", "0:1 0:1", "\n", "a\n\r\nb"),
    ("a\r\nb", "0:1 0:1", "\r", "a\r\r\nb"),
    ("a\r\nb", "1:0 1:0", "\n", "a\r\n\nb"),
    # What was a line's end by itself becomes half of one.
    ("a\rb", "1:0 1:0", "\n", "a\r\nb"),
    ("a\rb", "1:0 1:1", "\nc", "a\r\nc"),
    ("a\rb\nc", "1:0 1:1", "", "a\r\nc"),
    ("a\rb\r\nc", "1:0 1:1", "", "a\r\r\nc"),
    ("a\r", "1:0 1:0", "\n", "a\r\n"),
    ("\rb\n", "1:0 1:1", "", "\r\n"),
    ("x\ra\nb\nc", "1:0 2:1", "", "x\r\nc"),
    ("a\nb", "0:1 0:1", "\r", "a\r\nb"),
    ("a\nb", "0:0 0:1", "x\r", "x\r\nb"),
    ("a\rb\nc", "0:1 1:1", "\r", "a\r\nc"),
)
ORDINARY: tuple[Edit, ...] = tuple(
    (f"a{char}b\nc\n", "1:0 1:0", "x", f"a{char}b\nxc\n")
    for char in "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
)


@pytest.mark.parametrize("encoding", PositionEncoding)
@pytest.mark.parametrize("edit", PLAIN)
def test_an_edit_replaces_its_range(edit: Edit, encoding: PositionEncoding) -> None:
    check(*edit, encoding)


@pytest.mark.parametrize("encoding", PositionEncoding)
@pytest.mark.parametrize("edit", PAST_THE_END)
def test_places_past_the_end_clamp(edit: Edit, encoding: PositionEncoding) -> None:
    check(*edit, encoding)


@pytest.mark.parametrize("encoding", PositionEncoding)
@pytest.mark.parametrize("edit", TERMINATORS)
def test_carriage_return_and_line_feed_that_meet_are_one_line_end(
    edit: Edit, encoding: PositionEncoding
) -> None:
    check(*edit, encoding)


@pytest.mark.parametrize("encoding", PositionEncoding)
@pytest.mark.parametrize("edit", ORDINARY)
def test_other_breaks_of_python_and_unicode_are_ordinary_characters(
    edit: Edit, encoding: PositionEncoding
) -> None:
    check(*edit, encoding)


@pytest.mark.parametrize(
    ("encoding", "edit"),
    [
        (UTF8, ("é😀x", "0:2 0:6", "", "éx")),
        (UTF16, ("é😀x", "0:1 0:3", "", "éx")),
        (UTF32, ("é😀x", "0:1 0:2", "", "éx")),
        (UTF8, ("\ud83dx", "0:3 0:3", "y", "\ud83dyx")),
        (UTF16, ("\ud83dx", "0:1 0:1", "\ude00", "\ud83d\ude00x")),
        (UTF16, ("\ud83d\ude00x", "0:1 0:1", "y", "\ud83dy\ude00x")),
        (UTF32, ("\ud83d\ude00x", "0:2 0:3", "", "\ud83d\ude00")),
    ],
)
def test_columns_count_in_the_negotiated_encoding(encoding: PositionEncoding, edit: Edit) -> None:
    check(*edit, encoding)


NOT_KNOWN_TO_BE_RIGHT = (
    (UTF16, "0:2 0:1", "ends before it starts"),
    (UTF16, "1:0 0:5", "ends before it starts"),
    (UTF16, "0:100 0:99", "ends before it starts"),
    (UTF16, "9:0 8:0", "ends before it starts"),
    (UTF16, "-1:0 0:0", "negative"),
    (UTF16, "0:-1 0:0", "negative"),
    (UTF16, "0:0 -9223372036854775809:0", "negative"),
    (UTF16, "0:0 0:-2147483648", "negative"),
    (UTF16, "0:2 0:2", "in a character"),
    (UTF16, "0:0 0:2", "in a character"),
    (UTF8, "0:4 0:5", "in a character"),
    (UTF8, "0:1 0:3", "in a character"),
)


@pytest.mark.parametrize(("encoding", "where", "reason"), NOT_KNOWN_TO_BE_RIGHT)
def test_an_edit_that_cannot_be_known_to_be_right_suspends_and_changes_nothing(
    encoding: PositionEncoding, where: str, reason: str
) -> None:
    edited = document("a😀b\nc", encoding)
    edited.apply([change(where, "x")], 2)
    assert text_of(edited) == "a😀b\nc"
    assert edited.suspended is not None
    assert reason in edited.suspended


def test_changes_of_one_notification_apply_in_order_each_to_the_text_before_it() -> None:
    edited = document("ab")
    edited.apply([change("0:0 0:0", "x\n"), change("1:0 1:1", ""), change("0:1 1:0", "")], 2)
    assert text_of(edited) == "xb"


def test_changes_before_a_bad_one_stay_and_those_after_it_are_left_out() -> None:
    edited = document("ab")
    edited.apply([change("0:0 0:0", "x"), change("0:2 0:1", "y"), change("0:0 0:0", "z")], 2)
    assert text_of(edited) == "xab"
    assert edited.suspended


def test_a_suspended_document_ignores_edits_until_the_whole_text_comes() -> None:
    edited = document("ab")
    edited.apply([change("0:2 0:1", "")], 2)
    edited.apply([change("0:0 0:0", "x")], 3)
    assert text_of(edited) == "ab"
    assert is_suspended(edited)
    edited.apply([change(None, "new\r\ntext")], 4)
    assert text_of(edited) == "new\r\ntext"
    assert not is_suspended(edited)
    edited.apply([change("1:0 1:0", "x")], 5)
    assert text_of(edited) == "new\r\nxtext"


def test_the_whole_text_in_the_same_notification_ends_the_suspension_for_what_follows() -> None:
    edited = document("ab")
    edited.apply([change("0:2 0:1", ""), change(None, "cd"), change("0:1 0:1", "x")], 2)
    assert text_of(edited) == "cxd"
    assert edited.suspended is None


@pytest.mark.parametrize(("last", "version"), [(5, 5), (5, 4), (5, -1), (0, 0)])
def test_an_edit_whose_version_did_not_increase_suspends(last: int, version: int) -> None:
    edited = document("ab", version=last)
    edited.apply([change("0:0 0:0", "x")], version)
    assert text_of(edited) == "ab"
    assert edited.suspended is not None
    assert "version" in edited.suspended


@pytest.mark.parametrize(
    ("last", "version"), [(None, None), (None, 1), (5, None), (5, 6), (5, 99), (-3, -2)]
)
def test_a_version_that_increases_or_is_not_told_is_accepted(
    last: int | None, version: int | None
) -> None:
    edited = document("ab", version=last)
    edited.apply([change("0:0 0:0", "x")], version)
    assert text_of(edited) == "xab"
    assert edited.suspended is None
    assert edited.version == edited.snapshot().version == version


def test_the_whole_text_is_accepted_under_any_version() -> None:
    edited = document("ab", version=5)
    edited.apply([change(None, "cd")], 5)
    assert text_of(edited) == "cd"
    assert edited.suspended is None


def test_a_notification_without_changes_only_tells_the_version() -> None:
    edited = document("ab", version=5)
    edited.apply([], 5)
    assert edited.suspended is None
    edited.apply([], 6)
    assert (edited.version, edited.snapshot().version, text_of(edited)) == (6, 6, "ab")


def test_a_snapshot_is_made_once_a_version_and_never_changes() -> None:
    edited = document("a\nb")
    first = edited.snapshot()
    assert edited.snapshot() is first
    edited.apply([change("0:0 1:1", "x")], 2)
    assert (first.version, first.lines, first.text) == (1, ("a\n", "b"), "a\nb")
    second = edited.snapshot()
    assert (second.version, second.lines, second.uri) == (2, ("x",), "file:///a.py")
    assert second.language_id == "python"
