"""The types of names that the source does not tell of, by what is used of them.

Untyped code tells a value's type by its members: what has `.signing` and `.principal_binding` is
the one class of the workspace that has both.
"""

from collections import defaultdict
from collections.abc import Mapping

from aicopilot_lsp.context.chains import SELF
from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.types import Situation
from aicopilot_lsp.text.syntax.outline import Role

_WEIGHT = 0.7  # times the weight of the name
_MAX_VALUES = 8  # names whose types are asked for
_MAX_MEMBERS = 64
_MIN_SHARE = 0.7  # of the members used, that the type has
_MAX_OWNERS = 3  # a single member tells when no more types than this have one of its name


async def types_by_use(situation: Situation, index: Index) -> Mapping[str, float]:
    """Types by their names, with weights, for names near the cursor whose type is not written."""
    used = _used(situation)
    names = sorted({member for members, _ in used.values() for member in members})
    if not names:
        return {}
    owners: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for symbol in await index.defining(names[:_MAX_MEMBERS], limit=8 * _MAX_MEMBERS):
        if symbol.parent:
            owners[symbol.name].add((symbol.path, symbol.parent.rpartition(".")[2]))
    found: dict[str, float] = {}
    for members, weight in used.values():
        kind = _owner(members, owners)
        if kind:
            found[kind] = max(found.get(kind, 0.0), weight * _WEIGHT)
    return found


def _used(situation: Situation) -> dict[str, tuple[frozenset[str], float]]:
    """For each name near the cursor without a written type: its members that are used."""
    known = {b.name for b in situation.outline.bindings if b.type and not b.type.endswith("()")}
    known |= {imported.local_name for imported in situation.outline.imports}
    weights: dict[str, float] = {}
    for near in situation.names:
        value = near.receiver or near.name
        if value not in known and value not in SELF and "(" not in value:
            weights[value] = max(weights.get(value, 0.0), near.weight)
    members: dict[str, set[str]] = defaultdict(set)
    for reference in situation.outline.references:
        if reference.receiver in weights and reference.role in (Role.MEMBER, Role.CALL):
            members[reference.receiver].add(reference.name)
    ranked = sorted(members, key=lambda value: (-weights[value], value))[:_MAX_VALUES]
    return {value: (frozenset(members[value]), weights[value]) for value in ranked}


def _owner(members: frozenset[str], owners: Mapping[str, set[tuple[str, str]]]) -> str:
    """The one type that has most of these members; "" where several do, or none."""
    having: dict[tuple[str, str], int] = defaultdict(int)
    for member in members:
        for owner in owners.get(member, ()):
            having[owner] += 1
    if not having:
        return ""
    most = max(having.values())
    best = sorted({kind for (_, kind), count in having.items() if count == most})
    if most < _MIN_SHARE * len(members) or len(best) > (_MAX_OWNERS if most > 1 else 1):
        return ""
    return best[0]
