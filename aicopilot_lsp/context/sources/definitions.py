"""Definitions of the functions, variables and aliases that are used near the cursor or imported.

Types are the business of members.py: what a call site needs of a class is what it has.
"""

from collections.abc import Sequence

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.render import of_function
from aicopilot_lsp.context.sources.resolve import Lookup
from aicopilot_lsp.context.types import Situation, Snippet
from aicopilot_lsp.store.index.types import Symbol
from aicopilot_lsp.text.syntax.outline import Kind

_IMPORTED = 0.08  # what an import alone says: it will be used somewhere in the file
_MIN_WEIGHT_WHOLE = 0.5  # below this a body is not worth its read
_MAX_WHOLE_LINES = 30
_MAX_NAMES = 48


class Definitions:
    """Source "definitions"."""

    name = "definitions"
    only_asks = True

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        weights = _wanted(situation)
        symbols = await Lookup(index, situation.path).definitions(list(weights))
        return [
            Snippet(
                source=self.name,
                path=symbol.path,
                first=symbol.first,
                last=symbol.last,
                score=weights[name],
                renderings=of_function(symbol, await text_of(index, symbol, weights[name])),
                why=f"defines {name}",
            )
            for name, symbol in symbols.items()
            if symbol.kind != Kind.CLASS.value and symbol.path != situation.path
        ]


def _wanted(situation: Situation) -> dict[str, float]:
    own = {definition.name for definition in situation.outline.definitions}
    weights = {i.local_name: _IMPORTED for i in situation.outline.imports if i.local_name}
    for near in situation.names:
        if not near.receiver and near.name not in own:
            weights[near.name] = max(weights.get(near.name, 0.0), near.weight)
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[:_MAX_NAMES])


async def text_of(index: Index, symbol: Symbol, weight: float) -> str:
    """The whole of a definition with this weight, "" where it is not worth its read."""
    if weight < _MIN_WEIGHT_WHOLE or symbol.last - symbol.first > _MAX_WHOLE_LINES:
        return ""
    return await index.lines(symbol.path, symbol.first, symbol.last)


def create() -> Definitions:
    return Definitions()
