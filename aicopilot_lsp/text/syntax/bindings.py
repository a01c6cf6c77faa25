"""Names and the types they have, seen in the light of the whole file.

`self._http = http` has the type of the parameter `http`; a field of a class is reached through
`self`; `Self` is the class around it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from aicopilot_lsp.text.languages import ParserFacts
from aicopilot_lsp.text.syntax.definitions import MOST_DEEP, SELF_TYPES, Draft, Placed
from aicopilot_lsp.text.syntax.outline import Binding, Kind
from aicopilot_lsp.text.syntax.source import Source


@dataclass(slots=True)
class Bound:
    """A binding as its match has it: `type`, or `like` for another name whose type it gets.

    Attributes
    ----------
    rank : (int, int)
        Of several, the smallest counts: what is written before what can be seen, and then the
        first pattern.
    """

    name: str
    node: Node
    rank: tuple[int, int]
    type: str = ""
    like: str = ""


def settled(bound: Iterable[Bound], drafts: Iterable[Draft]) -> dict[int, str]:
    """Gives those with `like` their type; all types by the byte where each bound name ends.

    Takes them in file order.

    A name is looked for where it was bound before, in the function or in those around it.
    """
    functions = sorted(
        ((d.start, d.end) for d in drafts if d.kind in {Kind.FUNCTION, Kind.METHOD}), reverse=True
    )
    around: list[tuple[int, dict[str, str]]] = []  # each one's end, and what is bound in it
    types: dict[int, str] = {}
    outside: dict[str, str] = {}
    for item in bound:
        byte = item.node.start_byte
        while around and around[-1][0] <= byte:
            around.pop()
        while functions and functions[-1][0] <= byte:
            if (end := functions.pop()[1]) > byte and len(around) < MOST_DEEP:
                around.append((end, {}))
        if not item.type and item.like:
            tables = (*(table for _, table in reversed(around)), outside)
            item.type = next((t[item.like] for t in tables if item.like in t), "")
        if item.type:
            (around[-1][1] if around else outside)[item.name] = item.type
            types.setdefault(item.node.end_byte, item.type)
    return types


def bindings(
    bound: Iterable[Bound], placed: Sequence[Placed], source: Source, facts: ParserFacts
) -> Iterator[Binding]:
    """All bindings in file order, those of fields by way of the object's own name.

    Takes `bound` and `placed` in file order.
    """
    found: dict[tuple[int, str], Binding] = {}  # by the byte where each name ends
    fields = {
        (item.class_name, f"{facts.self_name}.{item.definition.name}"): item.definition.result
        for item in placed
        if item.definition.kind is Kind.FIELD and item.definition.result
    }
    for item, class_name in _with_classes(bound, placed):
        made = item.type
        if made in SELF_TYPES:
            made = class_name or made
        elif item.like and not made:
            made = fields.get((class_name, item.like), "")
        if made:
            at = source.start(item.node)
            found[item.node.end_byte, item.name] = Binding(name=item.name, type=made, at=at)
    for field in placed:
        name, type_ = field.definition.name, field.definition.result
        if field.definition.kind is Kind.FIELD and type_ and facts.self_name:
            byte, at = field.draft.name_node.end_byte, source.start(field.draft.name_node)
            known = found.pop((byte, name), None)
            if facts.bare_members:
                found[byte, name] = known or Binding(name=name, type=type_, at=at)
            owned = f"{facts.self_name}.{name}"
            found.setdefault((byte, owned), Binding(name=owned, type=type_, at=at))
    return iter(found[place] for place in sorted(found))


def _with_classes(bound: Iterable[Bound], placed: Iterable[Placed]) -> Iterator[tuple[Bound, str]]:
    """Each with the class whose definition, or whose method outside of it, is around it."""
    owners = [p for p in placed if p.definition.kind is Kind.CLASS or p.draft.parent][::-1]
    around: list[Placed] = []
    for item in bound:
        byte = item.node.start_byte
        while owners and owners[-1].draft.start <= byte:
            around.append(owners.pop())
        while around and around[-1].draft.end <= byte:
            around.pop()
        yield item, around[-1].class_name if around else ""
