"""Definitions put together from what the queries found of them: parents, docs, where they begin.

Nesting tells the parents. A function within a class is a method, a field found within a method is
its class's, a variable within a function is nobody's business. Knows no language.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from aicopilot_lsp.text.syntax.outline import Definition, Kind
from aicopilot_lsp.text.syntax.source import Source

_CALLABLE = {Kind.FUNCTION, Kind.METHOD}
SELF_TYPES = {"Self", "self", "static", "this", "@This"}
"""How a type says that it is the class around it."""
MOST_DEEP = 100
"""Definitions within definitions; deeper ones are data, and their parents' names would fill the
memory (5 bytes of JSON a level)."""
_MOST_PARENT_CHARS = 1_000  # names may be long, too


@dataclass(slots=True)
class Draft:
    """A definition as the matches of its name have it so far.

    Attributes
    ----------
    pattern : int
        The first pattern that found it says what it is.
    start, end : int
        Its bytes, with what belongs to it around it.
    """

    name: str
    kind: Kind
    node: Node
    name_node: Node
    pattern: int
    start: int
    end: int
    outer: Node | None = None
    body: Node | None = None
    doc: Node | None = None
    parent: str = ""
    bases: list[str] = field(default_factory=list)
    results: dict[Kind, str] = field(default_factory=dict)

    @property
    def result(self) -> str:
        """What a call of it, or reading it, gives. `const f: Handler = () => 1` is a function, and
        Handler is not what it gives."""
        return next(
            (
                result
                for kind, result in self.results.items()
                if kind is not Kind.VARIABLE or self.kind not in _CALLABLE
            ),
            "",
        )


@dataclass(slots=True)
class Above:
    """A comment or an attribute that may belong to the definition below it, or that begins one."""

    node: Node
    is_doc: bool
    first_row: int
    last_row: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A definition and the class that it is in, for questions about its bytes."""

    draft: Draft
    definition: Definition
    class_name: str


def definitions(
    drafts: Iterable[Draft],
    above: Iterable[Above],
    source: Source,
    types: Mapping[int, str],
) -> list[Placed]:
    """All definitions in file order.

    Parameters
    ----------
    types : mapping of int to str
        By the byte where a bound name ends, its type: for fields that don't say theirs.
    """
    by_last_row, begins = _arranged(above, source)
    placed: list[Placed] = []
    fields: dict[tuple[str, str], int] = {}
    around: list[Placed] = []
    in_order = sorted(drafts, key=lambda d: (d.start, -d.end, d.name_node.start_byte))
    modules = _modules(in_order)
    for draft in in_order:
        while around and not _holds(around[-1].draft, draft):
            around.pop()
        kind, parent = _place(draft, around)
        if kind is None or len(around) >= MOST_DEEP:
            continue
        if parent and len(parent.definition.parent) > _MOST_PARENT_CHARS:
            continue
        if kind is Kind.METHOD and draft.parent in modules:  # `int ns::f()` looks like one
            kind = Kind.FUNCTION
        class_name = _class_name(draft, kind, parent)
        definition = _definition(draft, kind, parent, source)
        definition = _with_types(definition, draft, class_name, types)
        definition = _with_place(definition, draft, source, by_last_row, begins)
        if kind is Kind.FIELD and draft.body is None:
            key = (definition.parent, definition.name)
            known = fields.setdefault(key, len(placed))
            if known < len(placed):
                placed[known] = _with_result(placed[known], definition.result)
                continue
        placed.append(Placed(draft, definition, class_name))
        around.append(placed[-1])
    return placed


def _modules(drafts: Iterable[Draft]) -> set[str]:
    """What is known to be a module or a namespace, and no class."""
    names: dict[Kind, set[str]] = {Kind.MODULE: set(), Kind.CLASS: set()}
    for draft in drafts:
        names.setdefault(draft.kind, set()).add(draft.name)
    return names[Kind.MODULE] - names[Kind.CLASS]


def _holds(outer: Draft, inner: Draft) -> bool:
    return outer.end >= inner.end and (outer.start, outer.end) != (inner.start, inner.end)


def _place(draft: Draft, around: list[Placed]) -> tuple[Kind | None, Placed | None]:
    """The kind that it is where it stands (None: it is not shown), and its parent."""
    parent = around[-1] if around else None
    kind = draft.kind
    if kind is Kind.FIELD and parent and parent.definition.kind in _CALLABLE:
        if draft.parent in SELF_TYPES:  # `self.x = 1` in a method that is written outside its class
            draft.parent = next((p.draft.parent for p in reversed(around) if p.draft.parent), "")
            return (kind if draft.parent else None), None
        outside = (p for p in reversed(around) if p.definition.kind not in _CALLABLE)
        parent = next(outside, None)
        return (kind, parent) if parent and parent.definition.kind is Kind.CLASS else (None, None)
    if kind is Kind.FUNCTION and _is_member(draft, parent):
        return Kind.METHOD, parent
    if kind is Kind.VARIABLE and parent:
        if any(p.definition.kind in _CALLABLE for p in around):
            return None, None
        if parent.definition.kind is Kind.CLASS:
            return Kind.FIELD, parent
    return kind, parent


def _class_name(draft: Draft, kind: Kind, parent: Placed | None) -> str:
    """The class that its members, or what `self` is in it, belong to."""
    if kind is Kind.CLASS:
        return draft.name
    if draft.parent and kind is not Kind.FUNCTION:
        return draft.parent
    return parent.class_name if parent else ""


def _is_member(draft: Draft, parent: Placed | None) -> bool:
    if draft.parent:
        return True
    return parent is not None and parent.definition.kind in {Kind.CLASS, Kind.VARIABLE}


def _definition(draft: Draft, kind: Kind, parent: Placed | None, source: Source) -> Definition:
    names = [parent.definition.parent, parent.definition.name] if parent else []
    node = draft.outer or draft.node
    return Definition(
        name=draft.name,
        kind=kind,
        parent=".".join(name for name in (*names, draft.parent) if name),
        start=source.start(node),
        end=source.end(node),
        head=source.start(draft.node),
        body=source.start(draft.body) if draft.body else None,
        doc=(source.start(draft.doc), source.end(draft.doc)) if draft.doc else None,
        bases=tuple(dict.fromkeys(draft.bases)),
        result=draft.result,
    )


def _with_types(
    definition: Definition, draft: Draft, class_name: str, types: Mapping[int, str]
) -> Definition:
    result = definition.result
    if not result and definition.kind in {Kind.FIELD, Kind.VARIABLE}:
        known = types.get(draft.name_node.end_byte, "")
        result = "" if known.endswith("()") else known
    if result in SELF_TYPES and class_name:
        result = class_name
    return definition if result == definition.result else replace(definition, result=result)


def _with_result(placed: Placed, result: str) -> Placed:
    if placed.definition.result or not result:
        return placed
    return replace(placed, definition=replace(placed.definition, result=result))


def _arranged(above: Iterable[Above], source: Source) -> tuple[dict[int, Above], dict[int, Above]]:
    """What stands on lines of its own by its last row, and what is no doc by its first byte."""
    by_last_row, begins = {}, {}
    for item in sorted(above, key=lambda a: a.node.start_byte):
        if source.begins_line(item.node) and source.ends_line(item.node):
            by_last_row[item.last_row] = item
        if not item.is_doc:
            begins[item.node.start_byte] = item
    return by_last_row, begins


def _with_place(
    definition: Definition,
    draft: Draft,
    source: Source,
    by_last_row: Mapping[int, Above],
    begins: Mapping[int, Above],
) -> Definition:
    """With the attributes and comments that stand directly above it, or that it begins with."""
    start, head, doc = definition.start, definition.head, definition.doc
    byte = draft.node.start_byte
    while item := begins.get(byte):
        byte = source.after_blanks(item.node.end_byte)
        head = source.point(byte)
    node = draft.outer or draft.node
    if source.begins_line(node):
        row = node.start_point[0]
        comments: list[Above] = []
        while item := by_last_row.get(row - 1):
            row = item.first_row
            start = source.start(item.node)
            if item.is_doc:
                comments.append(item)
        if comments and doc is None:
            doc = (source.start(comments[-1].node), source.end(comments[0].node))
    if (start, head, doc) == (definition.start, definition.head, definition.doc):
        return definition
    return replace(definition, start=start, head=head, doc=doc)
