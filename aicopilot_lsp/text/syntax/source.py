"""The text of a parsed file, by the parser's nodes."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from tree_sitter import Node

from aicopilot_lsp.text.document import Point
from aicopilot_lsp.text.syntax.encoding import Columns

_BLANKS = re.compile(rb"\s*")
_LINE_END = re.compile(rb"[^\S\n]*(?:\n|\Z)")
_MOST_INDENT = 1_000


@dataclass(frozen=True, slots=True)
class Source:
    """What was parsed, and the lines that it was made of.

    Attributes
    ----------
    content : bytes
        As parsed: `encoding.encode` of the document's text.
    lines : sequence of str
        The document's.
    """

    content: bytes
    lines: Sequence[str]
    columns: Columns
    _rows: Sequence[int]  # the byte where each begins

    @classmethod
    def of(cls, content: bytes, lines: Sequence[str]) -> "Source":
        lengths = (len(row) + 1 for row in content.split(b"\n"))
        rows = list(accumulate(lengths, initial=0))
        return cls(content, lines, Columns(lines, ascii_only=content.isascii()), rows)

    def text(self, node: Node) -> str:
        return self.content[node.start_byte : node.end_byte].decode(errors="replace")

    def start(self, node: Node) -> Point:
        return self.columns.point(node.start_point)

    def end(self, node: Node) -> Point:
        """Where `node` ends: a node that takes its last line's terminator ends before that."""
        row, column = node.end_point
        if column == 0 and row > node.start_point[0]:
            row -= 1
            return Point(row, len(self.lines[row].rstrip("\r\n")))
        return self.columns.point((row, column))

    def point(self, byte: int) -> Point:
        """The point of a place in the bytes."""
        row = bisect_right(self._rows, byte) - 1
        return self.columns.point((row, byte - self._rows[row]))

    def after_blanks(self, byte: int) -> int:
        """Where something else than white space stands, from a byte on."""
        found = _BLANKS.match(self.content, byte)
        return found.end() if found else byte

    def ends_line(self, node: Node) -> bool:
        """Whether only white space follows `node` in its line."""
        end = node.end_byte
        return (
            self.content[end - 1 : end] == b"\n" or _LINE_END.match(self.content, end) is not None
        )

    def begins_line(self, node: Node) -> bool:
        """Whether only white space stands before `node` in its line."""
        start, column = node.start_byte, node.start_point[1]
        # Whatever stands behind so much is nothing that a person aligned.
        return column < _MOST_INDENT and not self.content[start - column : start].strip()
