"""Requests wait here while what they must obey is being read.

Whoever learns that settings may change holds the gate in the turn in which it learns so, and
releases it when they are in force: the request in the message behind is then judged by them. Each
hold has a limit, because an editor may never answer and a disk may hang.
"""

import asyncio
from collections.abc import Callable


class Gate:
    """Closed until its first hold is released, and while any lasts; owned by the event loop."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._holds: set[object] = set()

    async def wait(self) -> None:
        """Return when the gate is open."""
        while not self._open.is_set():  # it may have closed again before we have our turn
            await self._open.wait()

    def hold(self, limit_s: float) -> Callable[[], None]:
        """Close the gate until the function that is returned is called, at most for `limit_s`."""
        hold = object()
        self._holds.add(hold)
        self._open.clear()

        def release() -> None:
            timer.cancel()
            self._holds.discard(hold)
            if not self._holds:
                self._open.set()

        timer = asyncio.get_running_loop().call_later(limit_s, release)
        return release
