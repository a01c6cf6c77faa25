"""On which line each key of a TOML file is written; tomllib tells values only.

This reads text that tomllib has accepted, so it need not judge, only follow: headers, keys, and
where a value ends (strings, arrays and inline tables hold anything). What it can't follow it leaves
out, and a message then goes without a line.
"""

import re
from collections.abc import Mapping
from contextlib import suppress

KeyPath = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
# Blank lines and comments, as between statements and within arrays.
_GAP = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# The longest forms first: """ also begins with ". A multi-line string may end in two more quotes.
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^\s,\]}#][^\n,\]}#]*")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Line (from 1) of every table, key and array item in `text`, by its path.

    Array items, `[[tables]]` too, are numbered from 0: ("models", 0, "url").
    """
    reader = _Reader(text.replace("\r\n", "\n"))
    with suppress(_LostError, RecursionError):  # what was found so far is right
        reader.document()
    return reader.lines


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """The line of `path`, or of the nearest table around it that is known."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


class _LostError(Exception):
    """The text is not what was expected here."""


class _Reader:
    """A cursor on the text, and what was found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self._last_item: dict[KeyPath, int] = {}  # [[table]] -> its latest index
        self._counted_to = 0
        self._line = 1

    def document(self) -> None:
        table: KeyPath = ()
        while self._skip(_GAP) < len(self.text):
            if self.text.startswith("[", self.at):
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        line = self._line_here()
        is_item = self.text.startswith("[[", self.at)
        self.at += 2 if is_item else 1
        keys = self._dotted_key()
        self._expect("]]" if is_item else "]")
        path: KeyPath = ()
        for depth, key in enumerate(keys, start=1):
            path = (*path, key)
            if is_item and depth == len(keys):
                self.lines.setdefault(path, line)
                self._last_item[path] = self._last_item.get(path, -1) + 1
            if path in self._last_item:
                path = (*path, self._last_item[path])
            self.lines.setdefault(path, line)
        return path

    def _pair(self, table: KeyPath) -> None:
        line = self._line_here()
        path = table
        for key in self._dotted_key():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._expect("=")
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self.text.startswith("[", self.at):
            self._array(path)
        elif self.text.startswith("{", self.at):
            self._inline_table(path)
        else:
            self._take(_STRING if self.text.startswith(("'", '"'), self.at) else _SCALAR)

    def _array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        while True:
            self._skip(_GAP)
            if self._accept("]"):
                return
            item = (*path, index)
            self.lines[item] = self._line_here()
            self._value(item)
            self._skip(_GAP)
            if not self._accept(","):
                self._expect("]")
                return
            index += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.at += 1
        while True:
            self._skip(_GAP)
            if self._accept("}"):
                return
            self._pair(path)
            self._skip(_GAP)
            if not self._accept(","):
                self._expect("}")
                return

    def _dotted_key(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            keys.append(self._key())
            self._skip(_SPACE)
            if not self._accept("."):
                return keys

    def _key(self) -> str:
        if not self.text.startswith(("'", '"'), self.at):
            return self._take(_BARE_KEY)
        quoted = self._take(_STRING)
        if "\\" in quoted and quoted.startswith('"'):
            # An escape is rare enough in a key to ask the real parser.
            import tomllib

            with suppress(tomllib.TOMLDecodeError):
                return str(tomllib.loads(f"key = {quoted}")["key"])
        return quoted[1:-1]

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return self.at

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if not found:
            raise _LostError
        self.at = found.end()
        return found[0]

    def _accept(self, mark: str) -> bool:
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def _expect(self, mark: str) -> None:
        if not self._accept(mark):
            raise _LostError

    def _line_here(self) -> int:
        self._line += self.text.count("\n", self._counted_to, self.at)
        self._counted_to = self.at
        return self._line
