"""What a request is about: the names and the types that matter at its cursor.

`situate` reads the current file's outline and the lines around the cursor, once for all sources.
It asks nobody: what only the workspace can tell is left as a path of names, which
sources/resolve.py follows through the index. Broken code is the rule here, since somebody is
writing it: where the outline finds no definition around the cursor, indentation tells.

A type is written as the source gives it away:

- `AdmsHttp`: a type's name;
- `make()`: what a call of `make` gives;
- `Manager.store`, `Manager.open().lock()`: what a member of a type is, or gives when called.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from aicopilot_lsp.context.types import Around, NearName, Situation
from aicopilot_lsp.context.unused import unused_imports
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.syntax.outline import (
    Binding,
    Definition,
    Import,
    Kind,
    Outline,
    Reference,
    Role,
)

# How much a use counts by its distance in lines: half at six lines above, and a line below says
# less than one above. Uses elsewhere in the enclosing function count at least _IN_FUNCTION.
_HALF_ABOVE = 6
_HALF_BELOW = 4
_BELOW = 0.6
_IN_FUNCTION = 0.12
# A name that is imported and not used anywhere yet: where it is the only one, and else.
_UNUSED, _ONE_OF_UNUSED = 0.8, 0.5
_REACH_ABOVE = 60
_REACH_BELOW = 20
_MAX_NAMES = 48
_MAX_TYPES = 40
_MAX_SCOPE_LINES = 400
# Longer ones are data; some of what is done with them takes the square of their length.
_MAX_LINE_CHARS = 1_000
_MAX_CHAIN_CHARS = 200

# How much a type counts by where it shows.
_AT_CURSOR = 1.0  # of what stands before the dot at the cursor
_BEGUN = 0.9  # of an attribute whose name is being typed
_NEAR = 0.9  # times the weight of the name that has it
_LOCAL = 0.55  # of a parameter or a local variable
_OUTER = 0.25  # of one of the functions around that
_NAMED = 0.8  # named itself, times its weight
_RESULT = 0.5
_BASE = 0.35
_OWN = 0.3
_ATTRIBUTE = 0.3  # of an attribute of the enclosing class

_SELF = frozenset({"self", "this", "cls", "Self", "static", "super()", "super"})
_CALL = r"(?:\([^()]*\))?"
_DOT = r"(?:[?!]?\.|::|->)"
_CHAIN = re.compile(rf"[^\W\d][\w$]*{_CALL}(?:{_DOT}[^\W\d][\w$]*{_CALL})*")
_BEFORE_CURSOR = re.compile(
    rf"([^\W\d][\w$]*{_CALL}(?:{_DOT}[^\W\d][\w$]*{_CALL})*){_DOT}([\w$]*)$"
)
_PLAIN = re.compile(r"\w+(?:\.\w+)*")
_ARGUMENTS = re.compile(r"\([^()]*\)")
_SEPARATOR = re.compile(_DOT)


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


def situate(
    document: DocumentSnapshot,
    cursor: Point,
    path: str,
    outline: Outline,
    around: Around = Around(),
) -> Situation:
    """The situation of a request: names and types by falling weight; some 1 ms."""
    at = document.clamp(cursor)
    within = surroundings(document, at, outline)
    unused = unused_imports(document, outline)
    names = _names(document, at, outline, within, unused)
    types = _types(document, at, outline, within, names)
    return Situation(
        document=document,
        cursor=at,
        path=path,
        outline=outline,
        around=around,
        names=names,
        types=types,
        unused=unused,
    )


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


# --- names ---


def _names(
    document: DocumentSnapshot,
    at: Point,
    outline: Outline,
    within: Surroundings,
    unused: Sequence[Import],
) -> tuple[NearName, ...]:
    weights: dict[tuple[str, str], float] = {}
    for one in unused:
        _raise(weights, (one.local_name, ""), _UNUSED if len(unused) == 1 else _ONE_OF_UNUSED)
    first = min(within.first, at.line - _REACH_ABOVE)
    for reference in _between(outline.references, first, at.line + _REACH_BELOW):
        line = reference.at.line
        if len(reference.receiver) + len(reference.name) > _MAX_CHAIN_CHARS:
            continue
        weight = _weight(line - at.line)
        if line >= within.first:
            weight = max(weight, _IN_FUNCTION)
        _raise(weights, (reference.name, plain_chain(reference.receiver)), weight)
    for line in range(at.line - 2, at.line + 2):  # what the parser may not have understood
        for name, receiver in _words(document.line_text(line)[:_MAX_LINE_CHARS]):
            _raise(weights, (name, receiver), _weight(line - at.line))
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        NearName(name=name, weight=weight, receiver=receiver)
        for (name, receiver), weight in ranked[:_MAX_NAMES]
    )


def _between(references: Sequence[Reference], first: int, last: int) -> Iterable[Reference]:
    """Those on the lines first..last; they are in file order."""
    start = bisect_left(references, first, key=_line)
    return references[start : bisect_right(references, last, key=_line)]


def _line(reference: Reference) -> int:
    return reference.at.line


def _weight(distance: int) -> float:
    if distance <= 0:
        return 1 / (1 - distance / _HALF_ABOVE)
    return _BELOW / (1 + distance / _HALF_BELOW)


def _raise(weights: dict[tuple[str, str], float], key: tuple[str, str], weight: float) -> None:
    weights[key] = max(weights.get(key, 0.0), weight)


def _words(line: str) -> Iterable[tuple[str, str]]:
    for chain in _CHAIN.finditer(line):
        parts = _parts(chain[0][:_MAX_CHAIN_CHARS])
        for number, part in enumerate(parts):
            yield part.removesuffix("()"), ".".join(parts[:number])


def plain_chain(chain: str) -> str:
    """A receiver without arguments, and with "." for all that stands between names."""
    if _PLAIN.fullmatch(chain):  # nearly all are, and all of a file's are asked about with each key
        return chain
    return ".".join(_parts(chain))


def _parts(chain: str) -> list[str]:
    previous = ""
    while previous != chain:  # innermost brackets first
        previous = chain
        chain = _ARGUMENTS.sub("\0", chain)
    parts = _SEPARATOR.split(chain.replace("\0", "()"))
    return [part.strip().rstrip("?!") for part in parts if part.strip()]


# --- types ---


def _types(
    document: DocumentSnapshot,
    at: Point,
    outline: Outline,
    within: Surroundings,
    names: tuple[NearName, ...],
) -> Mapping[str, float]:
    known = _Known(outline, at, within)
    weights: dict[str, float] = {}

    def add(kind: str, weight: float) -> None:
        if kind and weight > weights.get(kind, 0.0):
            weights[kind] = weight

    for kind, weight in _at_cursor(document, at, known):
        add(kind, weight)
    for near in names:
        if near.receiver:
            add(known.type_of(near.receiver), near.weight * _NEAR)
        else:
            add(known.type_of(near.name), near.weight * _NEAR)
            if near.name[:1].isupper():
                add(near.name, near.weight * _NAMED)
    for reference in _between(outline.references, within.first, at.line):
        if reference.role is Role.TYPE:
            add(reference.name, _LOCAL)
    for binding in known.in_scope():
        inner = binding.at.line >= within.first
        add(known.resolved(binding.type), _LOCAL if inner else _OUTER)
    if within.function is not None:
        add(within.function.result, _RESULT)
    if within.type is not None:
        add(within.type.name, _OWN)
        for base in within.type.bases:
            add(base, _BASE)
        for binding in known.attributes():
            add(known.resolved(binding.type), _ATTRIBUTE)
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return MappingProxyType(dict(ranked[:_MAX_TYPES]))


def _at_cursor(
    document: DocumentSnapshot, at: Point, known: "_Known"
) -> Iterable[tuple[str, float]]:
    before = document.line_text(at.line)[max(at.column - _MAX_CHAIN_CHARS, 0) : at.column]
    found = _BEFORE_CURSOR.search(before)
    if found is None:
        return
    receiver, begun = plain_chain(found[1]), found[2]
    yield known.type_of(receiver), _AT_CURSOR
    if receiver in _SELF:
        for binding in known.attributes():
            if binding.name.partition(".")[2].startswith(begun) and begun:
                yield known.resolved(binding.type), _BEGUN


class _Known:
    """What the file itself tells of its names."""

    def __init__(self, outline: Outline, at: Point, within: Surroundings) -> None:
        self._at = at
        self._within = within
        self._bindings: dict[str, list[Binding]] = {}
        for binding in outline.bindings:
            self._bindings.setdefault(plain_chain(binding.name), []).append(binding)
        self._defined = {d.name: d for d in reversed(outline.definitions)}
        self._imported = {i.local_name for i in outline.imports}

    def in_scope(self) -> Iterable[Binding]:
        """Parameters and local variables of the enclosing functions, up to the cursor."""
        for name, bindings in self._bindings.items():
            if "." not in name:
                yield from (b for b in bindings if self._within.outer <= b.at.line <= self._at.line)

    def attributes(self) -> Iterable[Binding]:
        """`self.x` of the enclosing class, wherever in it they are bound."""
        kind = self._within.type
        for name, bindings in self._bindings.items():
            if name.partition(".")[0] in _SELF and name.count(".") == 1:
                for binding in bindings:
                    if kind is None or kind.start <= binding.at <= kind.end:
                        yield binding
                        break

    def type_of(self, chain: str, depth: int = 3) -> str:
        """The type of a chain of names, "" where the file does not tell."""
        parts = _parts(chain)
        for count in range(len(parts), 0, -1):
            binding = self._binding(".".join(parts[:count]))
            if binding is not None and depth:
                return self._joined(self.resolved(binding.type, depth - 1), parts[count:])
        if not parts:
            return ""
        head, rest = parts[0], parts[1:]
        if head in _SELF:
            kind = self._within.type
            return self._joined(kind.name if kind else "", rest)
        return self._joined(self._of_name(head), rest)

    def resolved(self, kind: str, depth: int = 3) -> str:
        """A binding's type; what a call gives is looked up in the file, as far as that goes."""
        kind = plain_chain(kind)
        if "." not in kind and not kind.endswith("()"):
            return kind
        return self.type_of(kind, depth)

    def _binding(self, name: str) -> Binding | None:
        """The last one above the cursor, else the first below it (an attribute's)."""
        bindings = self._bindings.get(name)
        if not bindings:
            return None
        above = [binding for binding in bindings if binding.at <= self._at]
        if above:
            return above[-1]
        return bindings[0] if "." in name else None

    def _of_name(self, part: str) -> str:
        name = part.removesuffix("()")
        defined = self._defined.get(name)
        if defined is not None and defined.kind is Kind.CLASS:
            return name
        if part.endswith("()"):
            if defined is not None and defined.result:
                return defined.result
            return name if name[:1].isupper() else part
        if name[:1].isupper() or name in self._imported:
            return name
        return ""

    @staticmethod
    def _joined(kind: str, rest: list[str]) -> str:
        return ".".join([kind, *rest]) if kind else ""
