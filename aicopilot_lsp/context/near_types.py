"""The types that matter at a cursor, as far as the file itself tells.

A type is written as the source gives it away:

- `AdmsHttp`: a type's name;
- `make()`: what a call of `make` gives;
- `Manager.store`, `Manager.open().lock()`: what a member of a type is, or gives when called.

What only the workspace can tell stays such a path of names, which sources/resolve.py follows
through the index.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from aicopilot_lsp.context.chains import SELF, begun_at_end, parts_of, plain_chain
from aicopilot_lsp.context.surroundings import Surroundings, uses_on
from aicopilot_lsp.context.types import NearName
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.syntax.outline import Binding, Kind, Outline, Role

_MAX_TYPES = 40

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


def near_types(
    document: DocumentSnapshot,
    at: Point,
    outline: Outline,
    within: Surroundings,
    names: tuple[NearName, ...],
) -> Mapping[str, float]:
    """The types that matter at the cursor, by falling weight; `names` are those near it."""
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
    for reference in uses_on(outline.references, at, within.first, at.line):
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
    member = begun_at_end(document.line_text(at.line)[: at.column])
    if member is None:
        return
    receiver, begun = member
    yield known.type_of(receiver), _AT_CURSOR
    if receiver in SELF:
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
            if name.partition(".")[0] in SELF and name.count(".") == 1:
                for binding in bindings:
                    if kind is None or kind.start <= binding.at <= kind.end:
                        yield binding
                        break

    def type_of(self, chain: str, depth: int = 3) -> str:
        """The type of a chain of names, "" where the file does not tell."""
        parts = parts_of(chain)
        for count in range(len(parts), 0, -1):
            binding = self._binding(".".join(parts[:count]))
            if binding is not None and depth:
                return self._joined(self.resolved(binding.type, depth - 1), parts[count:])
        if not parts:
            return ""
        head, rest = parts[0], parts[1:]
        if head in SELF:
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
