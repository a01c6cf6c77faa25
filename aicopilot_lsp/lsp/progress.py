"""How progress is shown in the editor: model_progress.py and index_progress.py say of what.

Clients that can't show it are not asked to; who refuses is left alone.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from lsprotocol import types

from aicopilot_lsp.lsp.protocol import ClientError

_log = logging.getLogger(__name__)
_CREATE_TIMEOUT_S = 5.0
# Of what is over sooner nothing is shown.
PATIENCE_S = 1.0


class Client(Protocol):
    """What is needed of the protocol object."""

    async def ask(self, method: str, params: Any, *, timeout_s: float) -> Any: ...
    def notify(self, method: str, params: Any | None = None) -> None: ...


class Progress:
    """One client's. Owned by the event loop.

    Attributes
    ----------
    in_background : callable
        Runs a coroutine until the server ends.
    sleep : coroutine function
        Takes seconds.
    """

    def __init__(
        self,
        client: Client,
        in_background: Callable[[Any], None],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self.in_background = in_background
        self.sleep = sleep
        self._tokens = (f"aicopilot-{number}" for number in itertools.count(1))

    @contextlib.asynccontextmanager
    async def shown(
        self, begin: types.WorkDoneProgressBegin
    ) -> AsyncIterator[Callable[[Any], None] | None]:
        """Shown for as long as the block lasts, with what says how far it is; None where the client
        refuses."""
        token = next(self._tokens)

        def say(value: Any) -> None:
            self._client.notify(types.PROGRESS, types.ProgressParams(token=token, value=value))

        try:
            await self._client.ask(
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
