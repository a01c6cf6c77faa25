"""What is told of models that are down: one message for an outage, and one when it is over.

Each model for itself. What only shows that a model is on its way (it is being loaded) is no outage,
and what may lie in one request alone (it was rejected) is told once and has no end to tell of. A
model that is down again as soon as it was back comes and goes: that is told once, and its end when
it has answered for a while.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lsprotocol.types import MessageType

from aicopilot_lsp.completion.types import Attempt
from aicopilot_lsp.errors import ModelErrorKind

Say = Callable[[str, MessageType], None]

# These need a hand, and each is told for itself. All others are one outage seen from different
# sides: a process that broke down is interrupted, then unreachable, then starting.
_LASTING = (
    ModelErrorKind.AUTH,
    ModelErrorKind.NOT_FOUND,
    ModelErrorKind.REDIRECT,
    ModelErrorKind.NOT_SUITABLE,
    ModelErrorKind.NOT_CONFIGURED,
    ModelErrorKind.NOT_INSTALLED,
)
# The next request may go well, and the one after it not.
_OF_A_REQUEST = (ModelErrorKind.REJECTED, ModelErrorKind.PROTOCOL, ModelErrorKind.TOO_LARGE)
_OUTAGE = "outage"
# What has an end to tell of.
_ENDS = (_OUTAGE, *_LASTING)
# A model that has answered for so long is back, and its next outage is one of its own.
STEADY_S = 30.0


@dataclass(slots=True)
class _Told:
    """What was said of one model.

    Attributes
    ----------
    causes : set of str
        Of the outage that lasts.
    ended : set of str
        Of those before it, as long as the model was never steady between them.
    back_at : float or None
        When it answered again, in seconds of the clock; None while it does not.
    comes_and_goes : bool
    """

    causes: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    back_at: float | None = None
    comes_and_goes: bool = False

    def fails(self, cause: str, now_s: float) -> bool:
        """Note a failure; whether it shows that the model comes and goes, and nobody said so."""
        if self._is_steady(now_s):
            self.settle()
        was_back, self.back_at = self.back_at is not None, None
        if not was_back or self.comes_and_goes or cause not in self.ended:
            return False
        self.comes_and_goes = True
        return True

    def answers(self, now_s: float) -> bool:
        """Note an answer; whether it ends something that was told."""
        is_out = not self.causes.isdisjoint(_ENDS)
        if is_out and self.back_at is None:
            self.back_at = now_s
        if self._is_steady(now_s):
            self.settle()
            return is_out
        if self.comes_and_goes:
            return False
        self.ended |= self.causes.intersection(_ENDS)
        self.causes.intersection_update(_OF_A_REQUEST)
        return is_out

    def settle(self) -> None:
        """The next failure is a new one."""
        self.causes.intersection_update(_OF_A_REQUEST)
        self.ended.clear()
        self.comes_and_goes = False

    def _is_steady(self, now_s: float) -> bool:
        return self.back_at is not None and now_s - self.back_at >= STEADY_S


class Outages:
    """Remembers what was said of which model; owned by the event loop.

    Parameters
    ----------
    say : callable
    clock : callable
        Seconds, monotonic.
    """

    def __init__(self, say: Say, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._told: dict[str, _Told] = {}
        self._again: set[str] = set()  # models of which the next word is a new one

    def after(self, attempts: Sequence[Attempt]) -> None:
        """Tell what a request has found out about its models."""
        serving = next((each.model for each in attempts if each.failure is None), None)
        for attempt in attempts:
            if attempt.failure is None:
                self._back(attempt.model)
            else:
                self._down(attempt, attempt.failure, serving)

    def is_known(self, model: str) -> None:
        """Something else has said already that a model is out: its outage is not told."""
        self._of(model).causes.add(ModelErrorKind.TIMEOUT)

    def models_changed(self) -> None:
        """What goes wrong from now on is told anew: the user may have tried to mend it."""
        self._again = {model for model, told in self._told.items() if told.causes}
        for told in self._told.values():
            told.ended.clear()
            told.comes_and_goes = False

    def _of(self, model: str) -> _Told:
        return self._told.setdefault(model, _Told())

    def _down(self, attempt: Attempt, failure: str, serving: str | None) -> None:
        told = self._of(attempt.model)
        cause = failure if failure in (*_LASTING, *_OF_A_REQUEST) else _OUTAGE
        if failure == ModelErrorKind.STARTING and _OUTAGE not in told.causes:
            if serving is not None:  # it takes its time, and nothing is missing meanwhile
                return
            cause = failure
        anew = attempt.model in self._again
        is_known = cause is _OUTAGE and failure in told.causes
        if is_known and not anew:
            return
        comes_and_goes = cause in _ENDS and told.fails(cause, self._clock())
        if cause in told.causes and not anew:
            return
        self._again.discard(attempt.model)
        told.causes.add(cause)
        meanwhile = f" Until then suggestions come from {serving}." if serving else ""
        often = _often(attempt.model) if comes_and_goes else ""
        self._say(f"{attempt.message}{meanwhile}{often}", MessageType.Warning)

    def _back(self, model: str) -> None:
        self._again.discard(model)
        told = self._told.get(model)
        if told is not None and told.answers(self._clock()):
            self._say(f"The model {model} answers again.", MessageType.Info)


def _often(model: str) -> str:
    return (
        f" The model {model} comes and goes: you are told again when it has answered for"
        f" {STEADY_S:.0f} seconds on end."
    )
