"""A document's text as a parser reads it: UTF-8 whose rows and columns can be told in ours.

tree-sitter counts rows by "\\n" alone and columns in bytes; our lines also end at a lone "\\r", and
our columns are code points. What is replaced here keeps its length in bytes, so nothing shifts:
a lone "\\r" by "\\n", half a surrogate pair (legal in JSON, not in UTF-8) by U+FFFD, which takes
three bytes as well, and NUL, which some parsers take for the end of the file, by a space.
All of it can be said of each line alone, so a column is found in the line's own bytes.
"""

import re
from collections.abc import Sequence
from itertools import accumulate

from aicopilot_lsp.text.document import Point

_HALF_PAIR = re.compile("[\ud800-\udfff]")
_LONE_RETURN = re.compile("\r(?!\n)")


def encode(text: str) -> bytes:
    """The bytes that are parsed for `text`: a whole text, or a line with its terminator."""
    if "\r" in text:
        text = _LONE_RETURN.sub("\n", text)
    if "\0" in text:
        text = text.replace("\0", " ")
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _HALF_PAIR.sub("\ufffd", text).encode()


class Columns:
    """Points of a text's lines from a parser's rows and columns.

    Parameters
    ----------
    lines : sequence of str
        Of the document that was parsed.
    ascii_only : bool
        No line needs a conversion.
    """

    def __init__(self, lines: Sequence[str], *, ascii_only: bool) -> None:
        self._lines = lines
        self._ascii_only = ascii_only
        self._row, self._line, self._steps = -1, b"", [0]

    def point(self, place: tuple[int, int]) -> Point:
        """The point of a (row, column in bytes)."""
        row, column = place
        if self._ascii_only or row >= len(self._lines) or self._lines[row].isascii():
            return Point(row, column)
        if row != self._row:
            self._row, self._line = row, encode(self._lines[row])
            pieces = (
                self._line[at : at + _STEP_BYTES] for at in range(0, len(self._line), _STEP_BYTES)
            )
            self._steps = list(accumulate(map(_characters, pieces), initial=0))
        step = min(column, len(self._line)) // _STEP_BYTES
        rest = self._line[step * _STEP_BYTES : column]
        return Point(row, self._steps[step] + _characters(rest))


# In a line of 1 MB a column costs no more than this.
_STEP_BYTES = 512
_FOLLOWING = bytes(range(0x80, 0xC0))


def _characters(utf8: bytes) -> int:
    """How many characters begin in these bytes."""
    return len(utf8.translate(None, _FOLLOWING))
