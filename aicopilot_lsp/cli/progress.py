"""What is being done, said on stderr once it has taken a second: stdout is for the result."""

import asyncio
import sys

# What takes less is done before it could be read.
_SAID_AFTER_S = 1.0


class Progress:
    """Of one command; used in its event loop."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def now(self, what: str) -> None:
        """From now on this is being done, and no longer what was before."""
        self.over()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_SAID_AFTER_S, self._say, what)

    def over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _say(self, what: str) -> None:
        print(f"... {what}", file=sys.stderr, flush=True)
