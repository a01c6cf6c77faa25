"""A file cut into pieces that can be shown by themselves.

Cut where the language's queries say that something begins: small neighbours are joined, and what is
too long is cut at what it holds, else at blank lines. Every line that is not blank is in one piece.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from aicopilot_lsp.text.syntax.outline import Chunk, Definition

JOINED_LINES = 40
"""Neighbours are joined up to this length."""
MOST_LINES = 60
"""A longer piece is cut."""


def chunks(
    rows: Sequence[tuple[int, int]], definitions: Iterable[Definition], lines: Sequence[str]
) -> Iterator[Chunk]:
    """The pieces of a file.

    Parameters
    ----------
    rows : sequence of (int, int)
        First line and last, exclusive, of each node that can be shown by itself, in file order,
        outer nodes first.
    definitions : iterable of Definition
        Say where what begins in a row begins really, with comments and attributes.
    """
    begins = {
        line: d.start.line for d in definitions for line in range(d.start.line, d.head.line + 1)
    }
    inside = _nested([(begins.get(first, first), last) for first, last in rows])
    units = _cut(0, len(lines), inside, lines)
    yield from _joined(list(units), lines)


class _Unit:
    """Lines of the file, and the units within them."""

    __slots__ = ("first", "inner", "last")

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last
        self.inner: list[_Unit] = []


def _nested(rows: Iterable[tuple[int, int]]) -> list[_Unit]:
    top: list[_Unit] = []
    around: list[_Unit] = []
    for first, last in sorted(rows, key=lambda row: (row[0], -row[1])):
        while around and around[-1].last <= first:
            around.pop()
        if around and last > around[-1].last:
            continue  # two on one line
        unit = _Unit(first, last)
        (around[-1].inner if around else top).append(unit)
        around.append(unit)
    return top


def _cut(
    first: int, last: int, inner: Sequence[_Unit], lines: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Lines first..last cut at what is in them, and again what is longer than MOST_LINES."""
    left = _parts(first, last, inner)[::-1]
    while left:  # no recursion: blocks may lie in each other 100,000 deep
        part = left.pop()
        if part.inner and part.last - part.first > MOST_LINES:
            left += _parts(part.first, part.last, part.inner)[::-1]
        else:
            yield from _cut_lines(part.first, part.last, lines)


def _parts(first: int, last: int, inner: Sequence[_Unit]) -> list[_Unit]:
    """The units, and the lines before, between and behind them."""
    parts = []
    for unit in inner:
        if first < unit.first:
            parts.append(_Unit(first, unit.first))
        parts.append(unit)
        first = unit.last
    if first < last:
        parts.append(_Unit(first, last))
    return parts


def _cut_lines(first: int, last: int, lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Cut at the last blank line of each MOST_LINES, if that leaves half of it, else anywhere."""
    while last - first > MOST_LINES:
        middle = first + MOST_LINES // 2
        blank = (at for at in range(first + MOST_LINES, middle, -1) if not lines[at - 1].strip())
        end = next(blank, first + JOINED_LINES)
        yield first, end
        first = end
    if first < last:
        yield first, last


def _joined(units: Sequence[tuple[int, int]], lines: Sequence[str]) -> Iterator[Chunk]:
    """Neighbours joined while they are short, without the blank lines at their ends."""
    cuts = [0]
    for index, (_, last) in enumerate(units):
        if index and last - units[cuts[-1]][0] > JOINED_LINES:
            cuts.append(index)
    for start, end in pairwise([*cuts, len(units)]):
        if start == end:
            continue
        first, last = units[start][0], units[end - 1][1]
        while first < last and not lines[first].strip():
            first += 1
        while first < last and not lines[last - 1].strip():
            last -= 1
        if first < last:
            yield Chunk(first=first, last=last)
