"""The lines of a chat model's answer, moved to where they go in.

Streaming and pure: of each line only the indentation is held back. A model gives the first line as
it stands in the file, or without the indentation that is there before the cursor, or moves all
lines to the left margin.
"""

from aicopilot_lsp.models.chat.echo import Begun

# Two blanks before a comment behind code are a habit, no indentation.
_COMMENT_CHARS = "#/-"


class Fit:
    """Fits one answer behind `head`, the cursor's line up to the cursor.

    Parameters
    ----------
    begun : Begun
        How the answer begins; its `rest` is fed by the caller.
    """

    def __init__(self, head: str, begun: Begun) -> None:
        self._head = head
        self._indent = head[: len(head) - len(head.lstrip())]
        self._echoed = begun.echoed
        self._blanks = ""  # of the line that is being read; its line breaks with them
        self._in_line = False
        self._first = True
        self._is_elsewhere = False
        # What lines have of their indentation, and what they get in its place; None: not clear yet.
        self._shift: tuple[str, str] | None = ("", "")
        if begun.indent is not None and begun.indent != self._indent:
            self._shift = (begun.indent, self._indent)

    def feed(self, text: str) -> str:
        """What `text` adds, in its place; blanks at the end are of no use."""
        return "".join(self._char(char) for char in text)

    def _char(self, char: str) -> str:
        if self._is_elsewhere:
            return ""
        if self._in_line:
            if char != "\n":
                return char
            self._in_line, self._blanks = False, ""
        if char in "\n \t":
            self._blanks += char
            return ""
        self._in_line = True
        breaks, _, indent = self._blanks.rpartition("\n")
        breaks = "\n" * (breaks.count("\n") + ("\n" in self._blanks))
        if not self._first:
            return breaks + self._moved(indent, breaks) + char
        self._first = False
        if not self._head.strip():
            return self._opened(indent) + char
        joint = self._joined(breaks, indent, char)
        return "" if self._is_elsewhere else joint + char

    def _opened(self, indent: str) -> str:
        """The first line, behind nothing but indentation; leading blank lines go."""
        if indent.startswith(self._head):
            return indent[len(self._head) :]
        # Lines that bring some of it have been moved together; without any, the next line tells.
        self._shift = (indent, self._head) if indent and self._head.startswith(indent) else None
        return ""

    def _joined(self, breaks: str, indent: str, char: str) -> str:
        """The first line, behind code."""
        if self._echoed:
            return breaks + (self._moved(indent, breaks) if breaks else indent)
        if breaks:
            return breaks + self._under(indent)
        if self._head[-1].isspace():
            # Indented as the cursor's line is, and not its text: another line in its place.
            self._is_elsewhere = len(indent) > 0 and indent == self._indent
            return ""
        is_line = len(indent) > 1 or indent == "\t"
        if not is_line or (char in _COMMENT_CHARS and len(indent) == 2):
            return indent
        # The fence has swallowed the line break.
        return "\n" + self._under(indent)

    def _under(self, indent: str) -> str:
        """The indentation of a first line that goes below the cursor's line."""
        if indent and len(indent) <= len(self._indent) and self._head.rstrip()[-1:] in ":{([":
            self._shift = ("", self._indent)  # a block at the left margin
        return self._moved(indent, "\n")

    def _moved(self, indent: str, breaks: str) -> str:
        """The indentation that a later line gets."""
        if self._shift is None:
            is_inside = indent.startswith(self._head) or not self._head.startswith(indent)
            at_margin = not is_inside and len(breaks) == 1  # behind a blank line the scope ends
            self._shift = ("", self._head) if at_margin else ("", "")
        old, new = self._shift
        return new + indent[len(old) :] if indent.startswith(old) else indent
