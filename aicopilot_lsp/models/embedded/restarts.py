"""When the model process may be started again after it broke down: 1 s, 2, 4 ... 60.

A model that breaks down at each request, or can't be loaded, must not keep a machine busy. After a
minute of health the count begins again. The clock is passed in.
"""

from collections.abc import Callable

FIRST_DELAY_S = 1.0
MAX_DELAY_S = 60.0
HEALTHY_AFTER_S = 60.0


class Restarts:
    """Owned by one backend. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._running_since: float | None = None
        self._not_before = clock()

    def wait_s(self) -> float:
        """Seconds until the next start is allowed; 0 when it is."""
        return max(0.0, self._not_before - self._clock())

    def started(self) -> None:
        """The process runs and the model is loaded."""
        if self._running_since is None:
            self._running_since = self._clock()

    def stopped(self) -> None:
        """It ended in order."""
        self._running_since = None

    def broke_down(self) -> None:
        """It crashed, or could not be started."""
        now = self._clock()
        if self._running_since is not None and now - self._running_since >= HEALTHY_AFTER_S:
            self._failures = 0
        delay = min(MAX_DELAY_S, FIRST_DELAY_S * 2.0 ** min(self._failures, 10))
        self._failures += 1
        self._running_since = None
        self._not_before = now + delay
