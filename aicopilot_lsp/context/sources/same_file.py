"""Signatures of what the current file itself defines: what of it the prompt's window leaves out."""

from collections.abc import Sequence

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.render import of_function, of_type
from aicopilot_lsp.context.types import Situation, Snippet
from aicopilot_lsp.store.index.types import Symbol

_ANY = 0.03
_AROUND = 0.1  # of the class that the cursor is in
_NEAR = 0.35  # times the weight of a name that is used near the cursor
_MAX_SNIPPETS = 60


class SameFile:
    """Source "same-file"."""

    name = "same-file"
    only_asks = True

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        symbols = await index.symbols_in(situation.path)
        near = _weights(situation)
        members: dict[str, list[Symbol]] = {}
        for symbol in symbols:
            if symbol.parent:
                members.setdefault(symbol.parent.partition(".")[0], []).append(symbol)
        snippets = []
        line = situation.cursor.line
        for symbol in symbols:
            if symbol.parent:
                continue
            own = members.get(symbol.name, []) if symbol.kind == "class" else []
            floor = _AROUND if own and symbol.first <= line < symbol.last else _ANY
            if not own and symbol.first <= line < symbol.last:
                continue  # the function that the cursor is in
            snippets.append(
                Snippet(
                    source=self.name,
                    path=situation.path,
                    first=symbol.first,
                    last=symbol.last,
                    score=min(max(_NEAR * near.get(symbol.name, 0.0), floor), 1.0),
                    renderings=of_type(symbol, own) if own else of_function(symbol),
                    why=f"defined in this file: {symbol.name}",
                )
            )
        snippets.sort(key=lambda snippet: (-snippet.score, snippet.first))
        return snippets[:_MAX_SNIPPETS]


def _weights(situation: Situation) -> dict[str, float]:
    weights: dict[str, float] = {}
    for near in situation.names:
        weights[near.name] = max(weights.get(near.name, 0.0), near.weight)
    for kind, weight in situation.types.items():
        weights[kind] = max(weights.get(kind, 0.0), weight)
    return weights


def create() -> SameFile:
    return SameFile()
