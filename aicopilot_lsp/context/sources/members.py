"""What the types that matter at the cursor have: fields and methods, inherited ones too.

Most names of other files that a line needs and its own file does not show are such members. The
types of the situation are followed through the index; the types that their members' signatures name
come along with less weight, for that is where a chain of calls goes on.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.render import of_type
from aicopilot_lsp.context.sources.by_use import types_by_use
from aicopilot_lsp.context.sources.resolve import Found, Lookup
from aicopilot_lsp.context.surroundings import surroundings
from aicopilot_lsp.context.types import Situation, Snippet
from aicopilot_lsp.store.index.types import Symbol
from aicopilot_lsp.text.syntax.words import parts

_IMPORTED = 0.12  # of a type that the file imports and does not name near the cursor
_LIKE_NEAR = 0.25  # the more of it, the more of its words are in names near the cursor
_MIN_NEAR = 0.15
_SECOND = 0.3  # times the weight of the type whose members name it
_SECOND_USED = 0.8  # the same, and the weight of the member's name, where that is used near by
_MAX_SECOND = 12
_SUBTYPE = 0.3
_MAX_SUBTYPES = 3
_MAX_IMPORTERS = 12
_MIN_SECOND_OF = 0.3  # types below this weight lead no further
_TYPE_NAME = re.compile(r"\b[A-Z][\w$]*")


class Members:
    """Source "members"."""

    name = "members"
    only_asks = True

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        weights = dict(situation.types)
        spoken_of = words_near(situation)
        for imported in situation.outline.imports:
            name = imported.local_name
            if name[:1].isupper():
                likely = _IMPORTED + _LIKE_NEAR * _likeness(name, spoken_of)
                weights[name] = max(weights.get(name, 0.0), likely)
        for name, weight in (await types_by_use(situation, index)).items():
            weights[name] = max(weights.get(name, 0.0), weight)
        lookup = Lookup(index, situation.path)
        found = await lookup.types(list(weights))
        snippets = _snippets(found, weights, situation, spoken_of)
        near = {name.name: name.weight for name in reversed(situation.names)}
        second = _named_by_members(found, weights, near)
        for origin, named in second.items():
            known = await Lookup(index, origin).types(list(named))
            snippets += _snippets(known, named, situation, spoken_of, "named by a member: ")
        snippets += await _of_subtypes(situation, index)
        return strongest(snippets)


def words_near(situation: Situation) -> frozenset[str]:
    """The words that names near the cursor are made of."""
    return frozenset(
        word for near in situation.names if near.weight >= _MIN_NEAR for word in parts(near.name)
    )


def _likeness(name: str, words: frozenset[str]) -> float:
    """Which share of a name's words is among these, 0 to 1; a name of one word says little."""
    own = parts(name)
    return sum(word in words for word in own) / len(own) if len(own) > 1 else 0.0


def _snippets(
    found: Mapping[str, Found],
    weights: Mapping[str, float],
    situation: Situation,
    spoken_of: frozenset[str],
    why: str = "",
) -> list[Snippet]:
    return [
        snippet_of(
            type_,
            situation,
            source=Members.name,
            score=weights[expression],
            why=f"{why}members of {_told(expression, type_)}",
            likely=spoken_of,
        )
        for expression, type_ in found.items()
        if type_.members or type_.inherited
    ]


def snippet_of(
    found: Found,
    situation: Situation,
    *,
    source: str,
    score: float,
    why: str,
    likely: frozenset[str],
) -> Snippet:
    """A type with what it has; `likely` as of_type has it (render.py)."""
    return Snippet(
        source=source,
        path=found.symbol.path,
        first=found.symbol.first,
        last=found.symbol.last,
        score=min(score, 1.0),
        renderings=of_type(
            found.symbol,
            found.members,
            inherited=list(_inherited(found.inherited)),
            outside=found.symbol.path != situation.path,
            likely=likely,
        ),
        why=why,
        also=frozenset(_origins(found)) - {found.symbol.path},
    )


async def _of_subtypes(situation: Situation, index: Index) -> list[Snippet]:
    """What has the types that extend the one around the cursor: a mixin uses what they define."""
    kind = surroundings(situation.document, situation.cursor, situation.outline).type
    if kind is None:
        return []
    snippets: list[Snippet] = []
    for path in await index.importers_of(situation.path, limit=_MAX_IMPORTERS):
        symbols = await index.symbols_in(path)
        subtypes = (one for one in symbols if kind.name in one.bases and not one.parent)
        for symbol in islice(subtypes, _MAX_SUBTYPES - len(snippets)):
            own = [one for one in symbols if one.parent == symbol.name]
            snippets.append(
                Snippet(
                    source=Members.name,
                    path=path,
                    first=symbol.first,
                    last=symbol.last,
                    score=_SUBTYPE,
                    renderings=of_type(symbol, own),
                    why=f"extends {kind.name}",
                )
            )
    return snippets


def _told(expression: str, found: Found) -> str:
    name = found.symbol.name
    return name if expression == name else f"{name}, the type of {expression}"


def _inherited(bases: Sequence[Found]) -> Iterable[tuple[str, Sequence[Symbol]]]:
    """The nearest first, and one that several bases extend once."""
    seen: set[tuple[str, int]] = set()
    while bases:
        for base in bases:
            key = (base.symbol.path, base.symbol.first)
            if key not in seen:
                seen.add(key)
                yield base.symbol.name, base.members
        bases = [further for base in bases for further in base.inherited]


def _origins(found: Found) -> Iterable[str]:
    """The files that the members stand in, those of bases too."""
    yield from (member.path for member in found.members)
    for base in found.inherited:
        yield base.symbol.path
        yield from _origins(base)


def _named_by_members(
    found: Mapping[str, Found], weights: Mapping[str, float], near: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """Types that the signatures of members name, by the file that names them.

    What a member holds matters as much as the member is used: `for detail in error.details`."""
    known: dict[str, float] = {}
    for expression, type_ in found.items():
        name = type_.symbol.name
        known[name] = max(known.get(name, 0.0), weights[expression])
    second: dict[tuple[str, str], float] = {}
    for expression, type_ in found.items():
        weight = weights[expression]
        if weight < _MIN_SECOND_OF:
            continue
        for member in type_.members:
            used = max(_SECOND * weight, _SECOND_USED * near.get(member.name, 0.0))
            for name in _TYPE_NAME.findall(member.signature):
                if known.get(name, 0.0) < used:
                    key = (type_.symbol.path, name)
                    second[key] = max(second.get(key, 0.0), used)
    ranked = sorted(second.items(), key=lambda item: (-item[1], item[0]))[:_MAX_SECOND]
    by_path: dict[str, dict[str, float]] = {}
    for (path, name), weight in ranked:
        by_path.setdefault(path, {})[name] = weight
    return by_path


def strongest(snippets: Iterable[Snippet]) -> list[Snippet]:
    """Of those about one type, the one that is believed in most."""
    best: dict[tuple[str, int, int], Snippet] = {}
    for snippet in snippets:
        key = (snippet.path, snippet.first, snippet.last)
        if key not in best or best[key].score < snippet.score:
            best[key] = snippet
    return list(best.values())


def create() -> Members:
    return Members()
