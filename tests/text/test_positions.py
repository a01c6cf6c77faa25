"""Columns in the units of each encoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.text.positions import (
    PositionEncoding,
    column_from_units,
    locate,
    units_from_column,
)
from tests.support.text_fuzz import PIECES

UTF8, UTF16, UTF32 = PositionEncoding.UTF8, PositionEncoding.UTF16, PositionEncoding.UTF32

# Encoding, line, and the column of each number of units from 0 on; "<" marks inside a character.
COLUMNS = (
    (UTF16, "ab", "0 1 2 2 2"),
    (UTF16, "é", "0 1 1"),
    (UTF16, "a😀b", "0 1 1< 2 3 3"),
    (UTF16, "😀😀", "0 0< 1 1< 2 2"),
    (UTF16, "\ud83d\ude00", "0 1 2 2"),  # two halves that came one by one
    (UTF16, "\ud83d😀\ude00", "0 1 1< 2 3 3"),
    (UTF8, "ab", "0 1 2 2 2"),
    (UTF8, "é", "0 0< 1 1"),
    (UTF8, "aあb", "0 1 1< 1< 2 3 3"),
    (UTF8, "😀a", "0 0< 0< 0< 1 2 2"),
    (UTF8, "\ud83da", "0 0< 0< 1 2 2"),
    (UTF32, "a😀あ\ud83d", "0 1 2 3 4 4"),
    (UTF8, "", "0 0"),
    (UTF16, "", "0 0"),
    (UTF32, "", "0 0"),
)


@pytest.mark.parametrize(("encoding", "line", "expected"), COLUMNS)
def test_each_number_of_units_has_its_column(
    encoding: PositionEncoding, line: str, expected: str
) -> None:
    found = [locate(line, units, encoding) for units in range(len(expected.split()))]
    assert " ".join(f"{column}{'<' if inside else ''}" for column, inside in found) == expected
    assert [column_from_units(line, units, encoding) for units in range(len(found))] == [
        column for column, _ in found
    ]


@pytest.mark.parametrize("encoding", PositionEncoding)
@pytest.mark.parametrize("line", ["", "ab", "é😀", "\ud83d"])
@pytest.mark.parametrize("far", [10, 2**31, 2**63])
def test_units_and_columns_outside_the_line_clamp(
    encoding: PositionEncoding, line: str, far: int
) -> None:
    assert column_from_units(line, far, encoding) == len(line)
    assert column_from_units(line, -far, encoding) == 0
    assert units_from_column(line, far, encoding) == units_from_column(line, len(line), encoding)
    assert units_from_column(line, -far, encoding) == 0


@given(st.lists(st.sampled_from(PIECES)).map("".join), st.sampled_from(PositionEncoding))
def test_units_and_columns_are_inverse_at_every_character(
    line: str, encoding: PositionEncoding
) -> None:
    for column in range(len(line) + 1):
        units = units_from_column(line, column, encoding)
        assert locate(line, units, encoding) == (column, False)
