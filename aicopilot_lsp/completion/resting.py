"""When nothing is asked for a while: the moment in which a model may read ahead (warming.py)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aicopilot_lsp.completion.types import Snapshot
from aicopilot_lsp.models.protocol import Usage

_log = logging.getLogger(__name__)


class Resting:
    """One rest at a time. Owned by one event loop.

    Parameters
    ----------
    sleep : coroutine function
        Takes seconds.
    read_ahead : coroutine function
        Has the model read for a snapshot; what that cost, None for nothing.
    """

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[None]],
        read_ahead: Callable[[Snapshot], Awaitable[Usage | None]],
    ) -> None:
        self._sleep, self._read_ahead = sleep, read_ahead
        self._task: asyncio.Task[None] | None = None
        self._uri = ""

    def begin(self, snapshot: Snapshot, after_s: float) -> None:
        """Read ahead for `snapshot` unless the rest ends within `after_s`."""
        self.end()
        self._uri = snapshot.document.uri
        self._task = asyncio.create_task(self._rest(snapshot, after_s))
        self._task.add_done_callback(_log_fault)

    def end(self) -> None:
        """Somebody asks, or it is over: what is being read is left."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def forget(self, uri: str) -> None:
        """The document is closed."""
        if uri == self._uri:
            self.end()

    async def _rest(self, snapshot: Snapshot, after_s: float) -> None:
        await self._sleep(after_s)
        usage = await self._read_ahead(snapshot)
        if usage is not None:
            _log.info("read ahead: tokens=%s", usage.evaluated_tokens)


def _log_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("Reading ahead failed.", exc_info=error)
