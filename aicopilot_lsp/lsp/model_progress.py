"""Progress in the editor while the model is loaded or tested, where that takes over a second.

One report a load, however many requests come and go meanwhile; nothing for a model that is there
at once.
"""

from typing import TYPE_CHECKING

from lsprotocol import types

from aicopilot_lsp.lsp.progress import PATIENCE_S, Progress

if TYPE_CHECKING:
    from aicopilot_lsp.lsp.engine import Engine

_POLL_S = 0.1


class ModelProgress:
    """Owned by the event loop."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._watching = False

    def watch(self, engine: "Engine") -> None:
        """A request begins: if it makes the model start, report that while it lasts."""
        if not self._watching:
            self._watching = True
            self._progress.in_background(self._watch(engine))

    async def _watch(self, engine: "Engine") -> None:
        try:
            await self._progress.sleep(PATIENCE_S)
            if engine.starting:
                await self._report(engine)
        finally:
            self._watching = False

    async def _report(self, engine: "Engine") -> None:
        begin = types.WorkDoneProgressBegin(title="aicopilot: getting the model ready")
        async with self._progress.shown(begin) as say:
            while say is not None and engine.starting:
                await self._progress.sleep(_POLL_S)
