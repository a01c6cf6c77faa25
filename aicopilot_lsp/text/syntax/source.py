"""The text of a parsed file, by the parser's nodes."""

from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from aicopilot_lsp.text.document import Point
from aicopilot_lsp.text.syntax.encoding import Columns


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

    @classmethod
    def of(cls, content: bytes, lines: Sequence[str]) -> "Source":
        return cls(content, lines, Columns(lines, ascii_only=content.isascii()))

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

    def within(self, node: Node, byte: int) -> Point:
        """The point of a byte of `node`."""
        if byte == node.start_byte:
            return self.start(node)
        before = self.content[node.start_byte : byte]
        rows = before.count(b"\n")
        column = (
            len(before) - before.rfind(b"\n") - 1 if rows else node.start_point[1] + len(before)
        )
        return self.columns.point((node.start_point[0] + rows, column))

    def point(self, byte: int) -> Point:
        """The point of a place in the bytes; counts all lines before it."""
        row = self.content.count(b"\n", 0, byte)
        return self.columns.point((row, byte - self.content.rfind(b"\n", 0, byte) - 1))

    def ends_line(self, node: Node) -> bool:
        """Whether only white space follows `node` in its line."""
        end = node.end_byte
        if self.content[end - 1 : end] == b"\n":
            return True
        line_end = self.content.find(b"\n", end)
        return not self.content[end : line_end if line_end >= 0 else None].strip()

    def begins_line(self, node: Node) -> bool:
        """Whether only white space stands before `node` in its line."""
        start = node.start_byte
        return not self.content[start - node.start_point[1] : start].strip()
