"""At most one piece of work for each document and feature: a newer request supersedes the older.

Superseding happens when a request is read, not when its work begins, so that of ten requests that
were read together one is carried out. A superseded request is answered with null when its task has
its turn, and does not wait for its work, which is cancelled and unwinds by itself.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, TypeVar

from aicopilot_lsp.completion.types import OutcomeKind
from aicopilot_lsp.lsp.engine import SUPERSEDED

T = TypeVar("T")
Skipped = Callable[[OutcomeKind], None]

_log = logging.getLogger(__name__)


class Latest:
    """The newest claim for each key; owned by the event loop."""

    def __init__(self) -> None:
        self._claims: dict[Hashable, Claim] = {}
        self._working: set[asyncio.Task[Any]] = set()

    def claim(self, key: Hashable, skipped: Skipped) -> "Claim":
        """Take the place of whatever was claimed for `key` before.

        `skipped` is called, with the reason, where the work ends before its first step.
        """
        self.drop(key)
        claim = self._claims[key] = Claim(self._working, skipped)
        return claim

    def drop(self, key: Hashable) -> None:
        """Supersede what was claimed for `key`, with nothing."""
        if (older := self._claims.pop(key, None)) is not None:
            older.supersede()

    async def unwound(self) -> None:
        """Wait until no work is left; nothing new is begun here."""
        await asyncio.gather(*self._working, return_exceptions=True)

    @property
    def working(self) -> int:
        return len(self._working)


class Claim:
    """One request's right to be worked on, until another takes its place."""

    def __init__(self, working: set[asyncio.Task[Any]], skipped: Skipped) -> None:
        self._working = working
        self._skipped = skipped
        self._superseded = False
        self._begun = False
        self._task: asyncio.Task[Any] | None = None
        self._answer: asyncio.Future[Any] | None = None

    async def run(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of `work`; None when the claim is superseded.

        Cancelling the caller cancels the work; neither waits for it to unwind.
        """
        if self._superseded:
            work.close()
            self._skipped(OutcomeKind.SUPERSEDED)
            return None
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T | None] = loop.create_future()
        task = loop.create_task(self._begin(work))
        self._answer, self._task = answer, task
        self._working.add(task)
        task.add_done_callback(lambda task: self._finished(task, work))
        try:
            return await answer
        except asyncio.CancelledError:
            task.cancel()
            raise

    def supersede(self) -> None:
        self._superseded = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)
        if self._task is not None:
            self._task.cancel(SUPERSEDED)

    async def _begin(self, work: Coroutine[Any, Any, T]) -> T:
        self._begun = True
        return await work

    def _finished(self, task: asyncio.Task[Any], work: Coroutine[Any, Any, Any]) -> None:
        self._working.discard(task)
        error = None if task.cancelled() else task.exception()
        if not self._begun:
            work.close()
            self._skipped(OutcomeKind.SUPERSEDED if self._superseded else OutcomeKind.CANCELLED)
        if self._answer is None or self._answer.done():
            return
        if task.cancelled():
            # Neither the client nor we: something that the work waited for was cancelled.
            _log.warning("A request's work was cancelled from within; it is answered with null.")
            self._answer.set_result(None)
        elif error is not None:
            self._answer.set_exception(error)
        else:
            self._answer.set_result(task.result())
