"""Positions as the wire has them, and how their columns become ours.

A client and a server agree on what a column counts: bytes of UTF-8, code units of UTF-16, or code
points (UTF-32). Our own columns are always code points. Lone surrogates, which JSON allows, are
characters like any other: one code point, one UTF-16 unit, three UTF-8 bytes. Two halves that end
up side by side stay two characters; as UTF-16 that is the same text.
"""

from dataclasses import dataclass
from enum import StrEnum


class PositionEncoding(StrEnum):
    """What a column counts; the values are those of LSP's PositionEncodingKind."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True)
class Position:
    """A place as the client names it: `character` counts units of the negotiated encoding."""

    line: int
    character: int


@dataclass(frozen=True, slots=True)
class Range:
    """From `start` up to `end`, which is not in it."""

    start: Position
    end: Position


def column_from_units(line_text: str, units: int, encoding: PositionEncoding) -> int:
    """The code-point column of `units` in a line's text.

    Parameters
    ----------
    line_text : str
        Without its terminator.
    units : int
        Past the end counts as the end, below zero as zero, inside a character as its start.
    """
    return locate(line_text, units, encoding)[0]


def units_from_column(line_text: str, column: int, encoding: PositionEncoding) -> int:
    """The units that the first `column` code points of a line's text take; clamps like its twin."""
    return _width(line_text[: max(column, 0)], encoding)


def locate(line_text: str, units: int, encoding: PositionEncoding) -> tuple[int, bool]:
    """As `column_from_units`, and whether `units` points inside a character."""
    most = min(max(units, 0), len(line_text))  # no character takes less than one unit
    if encoding is PositionEncoding.UTF32 or line_text.isascii():
        return most, False
    # The longest prefix that takes at most `units`, by halving: a few C-speed encodes, also on a
    # line of a megabyte. The whole is tried first: it fits wherever nothing is wider than a unit.
    column, used, probe = 0, 0, most
    while column < most:
        width = _width(line_text[column:probe], encoding)
        if used + width <= units:
            column, used = probe, used + width
        else:
            most = probe - 1
        probe = (column + most + 1) // 2
    return column, used < units and column < len(line_text)


def _width(text: str, encoding: PositionEncoding) -> int:
    if encoding is PositionEncoding.UTF32 or text.isascii():
        return len(text)
    if encoding is PositionEncoding.UTF16:
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    return len(text.encode("utf-8", "surrogatepass"))
