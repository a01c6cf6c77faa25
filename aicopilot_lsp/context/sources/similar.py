"""Pieces of the workspace that share identifiers with the lines around the cursor.

The index finds those that share rare ones; how near they are all their words tell. With that the
line that was really there stands in one of the first three at 41 of 300 places, in the index's own
order at 35 (bench/README.md).
"""

import math
from collections.abc import Sequence

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.sources.pieces import around, candidates, snippets
from aicopilot_lsp.context.types import Situation, Snippet
from aicopilot_lsp.text.syntax.words import terms

# A small piece may share all of its few words by chance: it counts as if it had so many more.
_MORE_TERMS = 20


class Similar:
    """Source "similar"."""

    name = "similar"
    only_asks = True

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        asked = around(situation)
        wanted = frozenset(terms(asked))
        pieces = await candidates(asked, situation, index)
        return snippets(
            self.name,
            ((nearness(wanted, frozenset(terms(piece.text))), piece) for piece in pieces),
            why="shares names with the lines around the cursor",
        )


def nearness(wanted: frozenset[str], terms_of_piece: frozenset[str]) -> float:
    """The cosine of two sets of words, but for the size of `wanted`, which all are compared to."""
    return len(wanted & terms_of_piece) / math.sqrt(len(terms_of_piece) + _MORE_TERMS)


def create() -> Similar:
    return Similar()
