"""The definitions that a cursor is in, and the uses on the lines around it.

Broken code is the rule here, since somebody is writing it: where the outline finds no definition
around the cursor, indentation tells.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.syntax.outline import Definition, Kind, Outline, Reference

_MAX_SCOPE_LINES = 400
_MAX_ABOVE, _MAX_BELOW = 2_000, 1_000  # uses


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The definitions around the cursor: innermost function and class, and where they begin.

    Attributes
    ----------
    first, outer : int
        Lines from which on names are those of the enclosing function, and of the functions that
        this one is in.
    """

    function: Definition | None
    type: Definition | None
    first: int
    outer: int


def surroundings(document: DocumentSnapshot, at: Point, outline: Outline) -> Surroundings:
    """What the cursor is in. A function whose body is still empty ends before the cursor, or was
    not understood at all; then the cursor's indentation says that it is in it."""
    indent = _indent_at(document, at)
    function = kind = outermost = None
    for definition in outline.definitions:
        if definition.head > at:
            break
        if definition.end < at and not _still_open(document, definition, at, indent):
            continue
        if definition.kind in (Kind.FUNCTION, Kind.METHOD):
            function = definition
            outermost = outermost or definition
        elif definition.kind is Kind.CLASS:
            kind = definition
            function = outermost = None
    first = function.start.line if function else _header_above(document, at, indent)
    outer = outermost.start.line if outermost else first
    most = at.line - _MAX_SCOPE_LINES
    return Surroundings(function, kind, max(first, most), max(outer, most))


def _still_open(document: DocumentSnapshot, definition: Definition, at: Point, indent: int) -> bool:
    """Whether no line between its head and the cursor stands as far left as the head."""
    if definition.kind not in (Kind.FUNCTION, Kind.METHOD, Kind.CLASS):
        return False
    if indent <= definition.head.column or at.line - definition.head.line > _MAX_SCOPE_LINES:
        return False
    below = (definition.body or definition.end).line + 1
    return all(
        _indent(line) > definition.head.column
        for line in document.lines[below : at.line]
        if line.strip()
    )


def _header_above(document: DocumentSnapshot, at: Point, indent: int) -> int:
    """The nearest line above that stands further left; the cursor's own line if there is none."""
    for number in range(at.line - 1, max(at.line - _MAX_SCOPE_LINES, 0) - 1, -1):
        line = document.lines[number]
        if line.strip() and _indent(line) < indent and line.strip()[0] not in ")]}":
            return number
    return at.line


def _indent_at(document: DocumentSnapshot, at: Point) -> int:
    line = document.line_text(at.line)
    return _indent(line) if line.strip() else at.column


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def uses_on(
    references: Sequence[Reference], at: Point, first: int, last: int
) -> Sequence[Reference]:
    """Those on the lines first..last, where they are very many the nearest to `at`; `references`
    are in file order."""
    start = bisect_left(references, first, key=_line)
    end = bisect_right(references, last, key=_line)
    if end - start > _MAX_ABOVE + _MAX_BELOW:  # all of a bundle stands on one line
        here = bisect_left(references, at, start, end, key=_place)
        start, end = max(start, here - _MAX_ABOVE), min(end, here + _MAX_BELOW)
    return references[start:end]


def _line(reference: Reference) -> int:
    return reference.at.line


def _place(reference: Reference) -> Point:
    return reference.at
