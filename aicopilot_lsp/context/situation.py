"""What a request is about: the names and the types that matter at its cursor.

`situate` reads the current file's outline and the lines around the cursor, once for all sources.
It asks nobody: what only the workspace can tell is left to those. Next: near_types.py.
"""

from collections.abc import Sequence

from aicopilot_lsp.context.chains import MAX_CHAIN_CHARS, names_in, plain_chain
from aicopilot_lsp.context.near_types import near_types
from aicopilot_lsp.context.surroundings import Surroundings, surroundings, uses_on
from aicopilot_lsp.context.types import Around, NearName, Situation
from aicopilot_lsp.context.unused import unused_imports
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.syntax.outline import Import, Outline

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
_MAX_LINE_CHARS = 1_000  # a longer one is data


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
    unused = unused_imports(document, path, outline)
    names = _names(document, at, outline, within, unused)
    types = near_types(document, at, outline, within, names)
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
    for reference in uses_on(outline.references, at, first, at.line + _REACH_BELOW):
        line = reference.at.line
        if len(reference.receiver) + len(reference.name) > MAX_CHAIN_CHARS:
            continue
        weight = _weight(line - at.line)
        if line >= within.first:
            weight = max(weight, _IN_FUNCTION)
        _raise(weights, (reference.name, plain_chain(reference.receiver)), weight)
    for line in range(at.line - 2, at.line + 2):  # what the parser may not have understood
        for name, receiver in names_in(document.line_text(line)[:_MAX_LINE_CHARS]):
            _raise(weights, (name, receiver), _weight(line - at.line))
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        NearName(name=name, weight=weight, receiver=receiver)
        for (name, receiver), weight in ranked[:_MAX_NAMES]
    )


def _weight(distance: int) -> float:
    if distance <= 0:
        return 1 / (1 - distance / _HALF_ABOVE)
    return _BELOW / (1 + distance / _HALF_BELOW)


def _raise(weights: dict[tuple[str, str], float], key: tuple[str, str], weight: float) -> None:
    weights[key] = max(weights.get(key, 0.0), weight)
