"""When a model that has failed may be asked again: one circuit breaker for each backend.

Closed, every call goes through. The first failure opens it: calls then fail at once with that
failure and touch no network, but for one probe at a time, after pauses that grow. Whatever a probe
or a call begun earlier hears from the model closes it. A ten-minute outage costs 28 probes.

Pure: the clock is handed in. guarded.py puts it around a backend.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aicopilot_lsp.errors import ModelError, ModelErrorKind

# From the failure to the first probe, and on from each probe; the last for all that follow. A
# server that restarts is back within seconds; one that stays away is asked twice a minute.
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 25.0)
# Whoever asks by hand has often just mended it, and is not kept waiting longer than this.
ON_PURPOSE_S = 2.0
# A probe whose end nobody has told is taken for lost.
_LOST_PROBE_S = 60.0
# They say what is missing here, or that it is about to be there: nothing is out of order, and
# nothing is spared by waiting.
_NO_OUTAGE = (
    ModelErrorKind.NOT_CONFIGURED,
    ModelErrorKind.NOT_INSTALLED,
    ModelErrorKind.STARTING,
)


@dataclass(eq=False, slots=True)
class Permit:
    """Leave to make the calls of one request."""

    probe: bool = False


class Breaker:
    """Owned by one event loop. `clock` gives seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._error: ModelError | None = None
        self._pauses = 0
        self._due_s = self._not_before_s = self._last_s = 0.0
        self._probe: Permit | None = None

    @property
    def open(self) -> bool:
        """Whether calls fail at once."""
        return self._error is not None

    def admit(self, *, on_purpose: bool = False) -> Permit:
        """Leave to call, or the last failure once more: a ModelError whose `asked` is false.

        Parameters
        ----------
        on_purpose : bool
            The user asks by hand: may probe before it is time.
        """
        if self._error is None:
            return Permit()
        now_s = self._clock()
        due_s = self._due_s
        if on_purpose:
            due_s = min(due_s, self._last_s + ON_PURPOSE_S)
        due_s = max(due_s, self._not_before_s)
        if self._probe is not None:
            due_s = max(due_s, self._last_s + _LOST_PROBE_S)
        if now_s < due_s:
            raise ModelError(
                str(self._error), kind=self._error.kind, retry_after_s=due_s - now_s, asked=False
            )
        if now_s >= self._due_s:
            # Also one that is given up before it has a verdict was a call.
            self._pauses += 1
            self._due_s = now_s + self._pause_s
        self._last_s = now_s
        self._probe = Permit(probe=True)
        return self._probe

    def succeeded(self, permit: Permit) -> bool:
        """The model was heard. True if that ends an outage."""
        ended = self.open
        self._error, self._probe, self._pauses, self._not_before_s = None, None, 0, 0.0
        permit.probe = False
        return ended

    def failed(self, permit: Permit, error: ModelError) -> bool:
        """A call failed. True if an outage begins with it."""
        probed = permit is self._probe
        self.release(permit)
        if error.kind in _NO_OUTAGE:
            return False
        began, now_s = not self.open, self._clock()
        if error.retry_after_s is not None:
            self._not_before_s = max(self._not_before_s, now_s + error.retry_after_s)
        if began:
            self._pauses, self._last_s, self._due_s = 0, now_s, now_s + self._pause_s
        elif probed:
            self._due_s = max(self._due_s, self._last_s + self._pause_s)
        if began or probed:
            self._error = error
        return began

    def release(self, permit: Permit) -> None:
        """The request is over, and tells nothing of the model, or nothing new."""
        if permit is self._probe:
            self._probe = None

    @property
    def _pause_s(self) -> float:
        return PAUSES_S[min(self._pauses, len(PAUSES_S) - 1)]
