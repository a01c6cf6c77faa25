"""What can be asked of one version of a document."""

import dataclasses

import pytest

from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.positions import Position, PositionEncoding

TEXT = "ab\r\n\rcd\f\n😀e"
LINES = ("ab\r\n", "\r", "cd\f\n", "😀e")
SNAPSHOT = DocumentSnapshot.from_text(TEXT, uri="file:///a.py", language_id="python", version=3)


def test_a_snapshot_has_its_lines_with_terminators_and_its_text() -> None:
    assert SNAPSHOT.lines == LINES
    assert SNAPSHOT.text == TEXT
    assert SNAPSHOT.text is SNAPSHOT.text
    assert DocumentSnapshot.from_text("").text == ""


def test_a_snapshot_cannot_be_changed_and_does_not_print_its_text() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SNAPSHOT.version = 4  # type: ignore[misc]
    assert "cd" not in repr(SNAPSHOT)


@pytest.mark.parametrize(
    ("line", "text"), [(0, "ab"), (1, ""), (2, "cd\f"), (3, "😀e"), (4, ""), (-1, ""), (2**63, "")]
)
def test_line_text_has_no_terminator_and_is_empty_past_the_end(line: int, text: str) -> None:
    assert SNAPSHOT.line_text(line) == text


@pytest.mark.parametrize(
    ("point", "clamped"),
    [
        ((0, 1), (0, 1)),
        ((0, 3), (0, 2)),
        ((1, 1), (1, 0)),
        ((2, -1), (2, 0)),
        ((3, 99), (3, 2)),
        ((4, 0), (3, 2)),
        ((2**63, 2**63), (3, 2)),
        ((-1, 5), (0, 0)),
    ],
)
def test_a_point_clamps_to_the_nearest_place(
    point: tuple[int, int], clamped: tuple[int, int]
) -> None:
    assert SNAPSHOT.clamp(Point(*point)) == Point(*clamped)


@pytest.mark.parametrize("size", [-1, 0, 1, 2, 3, 5, 8, 100])
def test_before_and_after_are_slices_of_the_text_with_raw_newlines(size: int) -> None:
    for offset in range(len(TEXT) + 1):
        point = SNAPSHOT.point_at(offset)
        at = SNAPSHOT.offset_at(point)
        chars = max(size, 0)
        assert SNAPSHOT.before(point, size) == TEXT[max(at - chars, 0) : at]
        assert SNAPSHOT.after(point, size) == TEXT[at : at + chars]


def test_before_and_after_do_not_join_the_file() -> None:
    snapshot = DocumentSnapshot.from_text(TEXT)
    assert snapshot.before(Point(2, 1), 100) + snapshot.after(Point(2, 1), 100) == TEXT
    assert snapshot._text is None


def test_offsets_and_points_are_inverse_except_inside_a_terminator() -> None:
    for offset in range(len(TEXT) + 1):
        back = SNAPSHOT.offset_at(SNAPSHOT.point_at(offset))
        assert back == (2 if offset == 3 else offset)  # 3 is between "\r" and "\n"


@pytest.mark.parametrize(("offset", "point"), [(-5, (0, 0)), (99, (3, 2)), (2**63, (3, 2))])
def test_offsets_outside_the_text_clamp(offset: int, point: tuple[int, int]) -> None:
    assert SNAPSHOT.point_at(offset) == Point(*point)


@pytest.mark.parametrize(
    ("encoding", "position", "point", "back"),
    [
        (PositionEncoding.UTF16, (3, 2), (3, 1), (3, 2)),
        (PositionEncoding.UTF16, (3, 1), (3, 0), (3, 0)),  # inside: its start
        (PositionEncoding.UTF16, (3, 9), (3, 2), (3, 3)),
        (PositionEncoding.UTF8, (3, 4), (3, 1), (3, 4)),
        (PositionEncoding.UTF8, (3, 3), (3, 0), (3, 0)),
        (PositionEncoding.UTF32, (3, 1), (3, 1), (3, 1)),
        (PositionEncoding.UTF16, (0, 4), (0, 2), (0, 2)),
        (PositionEncoding.UTF16, (9, 9), (3, 2), (3, 3)),
        (PositionEncoding.UTF16, (-1, 9), (0, 0), (0, 0)),
        (PositionEncoding.UTF16, (2, -1), (2, 0), (2, 0)),
    ],
)
def test_positions_and_points_convert_in_the_negotiated_encoding(
    encoding: PositionEncoding,
    position: tuple[int, int],
    point: tuple[int, int],
    back: tuple[int, int],
) -> None:
    assert SNAPSHOT.point_from_position(Position(*position), encoding) == Point(*point)
    assert SNAPSHOT.position_from_point(Point(*point), encoding) == Position(*back)


def test_points_order_by_line_then_column() -> None:
    assert Point(0, 9) < Point(1, 0) < Point(1, 1)
