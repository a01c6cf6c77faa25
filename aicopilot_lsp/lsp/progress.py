"""Progress in the editor while the model is loaded or tested, where that takes over a second.

One report a load, however many requests come and go meanwhile; nothing for a model that is there
at once. Clients that can't show progress are not asked to.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from lsprotocol import types

from aicopilot_lsp.lsp.protocol import ClientError

if TYPE_CHECKING:
    from aicopilot_lsp.lsp.engine import Engine

_log = logging.getLogger(__name__)
_PATIENCE_S = 1.0
_POLL_S = 0.1
_CREATE_TIMEOUT_S = 5.0


class Client(Protocol):
    """What is needed of the protocol object."""

    async def ask(self, method: str, params: Any, *, timeout_s: float) -> Any: ...
    def notify(self, method: str, params: Any | None = None) -> None: ...


class Progress:
    """Owned by the event loop. `in_background` runs a coroutine until the server ends."""

    def __init__(
        self,
        client: Client,
        in_background: Callable[[Any], None],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._in_background = in_background
        self._sleep = sleep
        self._watching = False
        self._tokens = (f"aicopilot-{number}" for number in itertools.count(1))

    def watch(self, engine: "Engine") -> None:
        """A request begins: if it makes the model start, report that while it lasts."""
        if not self._watching:
            self._watching = True
            self._in_background(self._watch(engine))

    async def _watch(self, engine: "Engine") -> None:
        try:
            await self._sleep(_PATIENCE_S)
            if engine.starting:
                await self._report(engine)
        finally:
            self._watching = False

    async def _report(self, engine: "Engine") -> None:
        begin = types.WorkDoneProgressBegin(title="aicopilot: getting the model ready")
        async with shown(self._client, next(self._tokens), begin) as say:
            while say is not None and engine.starting:
                await self._sleep(_POLL_S)


@contextlib.asynccontextmanager
async def shown(
    client: Client, token: str, begin: types.WorkDoneProgressBegin
) -> AsyncIterator[Callable[[Any], None] | None]:
    """A progress in the editor for as long as the block lasts, with what says how far it is; None
    where the client refuses."""

    def say(value: Any) -> None:
        client.notify(types.PROGRESS, types.ProgressParams(token=token, value=value))

    try:
        await client.ask(
            types.WINDOW_WORK_DONE_PROGRESS_CREATE,
            types.WorkDoneProgressCreateParams(token=token),
            timeout_s=_CREATE_TIMEOUT_S,
        )
    except ClientError as error:
        _log.debug("No progress is shown: %s.", error)
        yield None
        return
    say(begin)
    try:
        yield say
    finally:
        with contextlib.suppress(OSError):
            say(types.WorkDoneProgressEnd())
