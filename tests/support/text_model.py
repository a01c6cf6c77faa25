"""A second model of an open document, to hold aicopilot_lsp.text against.

Written apart and in another way: the whole text is one flat array in the units that the client
counts (UTF-8 bytes, UTF-16 code units, code points), an edit is one slice of it, and lines are
found by walking the array. It is slow and has nothing to keep consistent. It imports nothing of
the package and speaks in tuples: a position is (line, character), a range is (start, end).
"""

from collections.abc import Iterable, Sequence

RawPosition = tuple[int, int]
RawRange = tuple[RawPosition, RawPosition]
RawChange = tuple[RawRange | None, str]

_LF, _CR = 10, 13
# Marks the second unit of a pair that came as one character, so that two lone halves that meet
# later can be told from it.
_PAIRED = 1 << 20


class TextModel:
    """What the editor holds, given that it does what it says."""

    def __init__(self, text: str, encoding: str, version: int | None) -> None:
        self.encoding = encoding
        self.version = version
        self.is_suspended = False
        self.units = to_units(text, encoding)

    @property
    def text(self) -> str:
        return from_units(self.units, self.encoding)

    def apply(self, changes: Sequence[RawChange], version: int | None) -> None:
        versions_known = version is not None and self.version is not None
        if changes and versions_known and not version > self.version:  # type: ignore[operator]
            self.is_suspended = True
        self.version = version
        for where, text in changes:
            if where is None:
                self.units = to_units(text, self.encoding)
                self.is_suspended = False
            elif not self.is_suspended:
                self._replace(where, text)

    def _replace(self, where: RawRange, text: str) -> None:
        (first, start), (last, end) = where
        is_negative = first < 0 or start < 0 or last < 0 or end < 0
        is_reversed = first > last or (first == last and start > end)
        if is_negative or is_reversed:
            self.is_suspended = True
            return
        spans = line_spans(self.units)
        cut_from = self.offset_of((first, start), spans)
        cut_to = self.offset_of((last, end), spans)
        if self.is_inside(cut_from) or self.is_inside(cut_to):
            self.is_suspended = True
            return
        self.units[cut_from:cut_to] = to_units(text, self.encoding)

    def offset_of(self, position: RawPosition, spans: Sequence[tuple[int, int, int]]) -> int:
        """Index of a position that is not negative; past the end clamps."""
        line, character = position
        if line >= len(spans):
            return len(self.units)
        begin, end, _ = spans[line]
        return min(begin + character, end)

    def is_inside(self, index: int) -> bool:
        """Whether the unit at `index` continues a character."""
        if index >= len(self.units):
            return False
        unit = self.units[index]
        if self.encoding == "utf-8":
            return 0x80 <= unit < 0xC0
        return self.encoding == "utf-16" and bool(unit & _PAIRED)

    def lines(self) -> list[str]:
        """The lines with their terminators, as LSP cuts them."""
        return [
            from_units(self.units[begin:after], self.encoding)
            for begin, _, after in line_spans(self.units)
        ]


def line_spans(units: Sequence[int]) -> list[tuple[int, int, int]]:
    """(begin, end of the content, begin of the next line) of each line; at least one."""
    spans = []
    begin = 0
    for index in [index for index, unit in enumerate(units) if unit in (_LF, _CR)]:
        if index < begin:
            continue  # the second half of a terminator already seen
        is_crlf = units[index] == _CR and index + 1 < len(units) and units[index + 1] == _LF
        after = index + (2 if is_crlf else 1)
        spans.append((begin, index, after))
        begin = after
    spans.append((begin, len(units), len(units)))
    return spans


def to_units(text: str, encoding: str) -> list[int]:
    """The text in units; a lone surrogate is one UTF-16 unit or three UTF-8 bytes."""
    if encoding == "utf-8":
        return list(text.encode("utf-8", "surrogatepass"))
    if encoding == "utf-32":
        return [ord(char) for char in text]
    units = []
    for char in text:
        code = ord(char)
        if code < 0x10000:
            units.append(code)
        else:
            units.append(0xD800 + ((code - 0x10000) >> 10))
            units.append((0xDC00 + ((code - 0x10000) & 0x3FF)) | _PAIRED)
    return units


def from_units(units: Iterable[int], encoding: str) -> str:
    """The inverse of `to_units`."""
    if encoding == "utf-8":
        return bytes(units).decode("utf-8", "surrogatepass")
    units = list(units)
    if encoding == "utf-32" or max(units, default=0) < _PAIRED:
        return "".join(map(chr, units))
    codes: list[int] = []
    for unit in units:
        if unit & _PAIRED:
            high, low = codes.pop(), unit & ~_PAIRED
            codes.append(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        else:
            codes.append(unit)
    return "".join(map(chr, codes))
