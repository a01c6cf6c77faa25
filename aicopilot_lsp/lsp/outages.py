"""What is told of models that are down: one message for an outage, and one when it is over.

Each model for itself. What only shows that a model is on its way (it is being loaded) is no outage,
and what may lie in one request alone (it was rejected) is told once and has no end to tell of.
"""

from collections.abc import Callable, Sequence

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


class Outages:
    """Remembers what was said of which model; owned by the event loop."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._said: dict[str, set[str]] = {}
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
        self._said.setdefault(model, set()).add(ModelErrorKind.TIMEOUT)

    def models_changed(self) -> None:
        """What goes wrong from now on is told anew: the user may have tried to mend it."""
        self._again = set(self._said)

    def _down(self, attempt: Attempt, failure: str, serving: str | None) -> None:
        said = self._said.setdefault(attempt.model, set())
        cause = failure if failure in (*_LASTING, *_OF_A_REQUEST) else _OUTAGE
        if failure == ModelErrorKind.STARTING and _OUTAGE not in said:
            if serving is not None:  # it takes its time, and nothing is missing meanwhile
                return
            cause = failure
        if (cause in said or failure in said) and attempt.model not in self._again:
            return
        self._again.discard(attempt.model)
        said.add(cause)
        meanwhile = f" Until then suggestions come from {serving}." if serving else ""
        self._say(f"{attempt.message}{meanwhile}", MessageType.Warning)

    def _back(self, model: str) -> None:
        self._again.discard(model)
        said = self._said.pop(model, set())
        lasts = said & {*_OF_A_REQUEST}
        if lasts:
            self._said[model] = lasts
        if said & {_OUTAGE, *_LASTING}:
            self._say(f"The model {model} answers again.", MessageType.Info)
