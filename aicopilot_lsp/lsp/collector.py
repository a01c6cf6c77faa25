"""Python's garbage collector, kept from holding up whoever types.

A full collection looks at all objects that there are, and nothing else runs meanwhile: 100 to 270
ms with some documents open, whichever thread's allocation set it off. Nearly nothing of ours is in
cycles and has to wait for one. So it is put off until nothing has been read from the editor for a
while; the collections of what is young, 1 to 2 ms, happen as always.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable

REST_S = 5.0
# Of the middle generation, between two full ones that nobody's rest has made unnecessary.
_MIDDLE_BEFORE_FULL = 1_000


class Collector:
    """Full collections in rests. Owned by the event loop.

    Parameters
    ----------
    clock, pause, collect : callable
        For tests: seconds, how they pass, a full collection.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        collect: Callable[[], object] = gc.collect,
    ) -> None:
        self._clock, self._pause, self._collect = clock, pause, collect
        self._read_s = clock()
        self._due = True

    def stirred(self) -> None:
        """Something was read from the editor."""
        self._read_s = self._clock()
        self._due = True

    async def run(self) -> None:
        """Collect once in each rest, until cancelled."""
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, _MIDDLE_BEFORE_FULL)
        while True:
            await self._pause(self._left_s() if self._due else REST_S)
            if self._due and self._left_s() <= 0:
                self._due = False
                self._collect()

    def _left_s(self) -> float:
        """Until it is a rest."""
        return self._read_s + REST_S - self._clock()
