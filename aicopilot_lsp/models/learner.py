"""Finds out once which of several servers it is that answers (`LearningApi` in api.py).

An interface that many servers have is not the same at all of them. A server can be replaced by
another while we run, so what was found out is forgotten with an outage; and a server that can't
tell just now is asked again later, and meanwhile asked for what all of them have.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from functools import partial

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.shared_work import SharedWork

_AGAIN_S = 30.0


class Learner:
    """One per backend, used from one event loop."""

    def __init__(self) -> None:
        self._asking = SharedWork[None]()
        self._again_at = -math.inf

    async def settle(self, learn: Callable[[], Awaitable[None]]) -> None:
        """Return when `learn` has been done, or can't be done now. Callers share one doing, which
        goes on when they leave.

        Raises
        ------
        ModelError
            UNREACHABLE: there is nobody to be asked, for anything; or this is closed.
        """
        if asyncio.get_running_loop().time() < self._again_at:
            return
        await self._asking.do(partial(self._settle, learn))

    def forget(self) -> None:
        self._again_at = -math.inf

    async def aclose(self) -> None:
        await self._asking.aclose()

    async def _settle(self, learn: Callable[[], Awaitable[None]]) -> None:
        try:
            await learn()
        except ModelError as error:
            if error.kind is ModelErrorKind.UNREACHABLE:
                raise
            self._again_at = asyncio.get_running_loop().time() + _AGAIN_S
        else:
            self._again_at = math.inf
