"""Work that several callers wait for: done once, and not given up when one of them leaves."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from aicopilot_lsp.models import failures

T = TypeVar("T")


class SharedWork(Generic[T]):
    """Used from one event loop."""

    def __init__(self) -> None:
        self._task: asyncio.Task[T] | None = None
        self._closed = False

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    async def do(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of `work`, or of what is under way. Raises what it raises, and ModelError once
        this is closed."""
        if self._closed:
            raise failures.closed()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(work())
            self._task.add_done_callback(_retrieved)
        task = self._task
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # Not the caller was cancelled but the work, by `aclose`.
            caller = asyncio.current_task()
            if task.cancelled() and caller is not None and not caller.cancelling():
                raise failures.closed() from None
            raise

    async def aclose(self) -> None:
        """End the work; those who wait for it are told."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def _retrieved(task: "asyncio.Task[Any]") -> None:
    """Nobody may be waiting any more; a failure is told to the next caller."""
    if not task.cancelled():
        task.exception()
