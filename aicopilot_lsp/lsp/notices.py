"""What the user is told by a message in the editor: each cause once, until it has gone away.

An editor that pops up the same message with every key is worse than one without suggestions.
Everything else goes to the log.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lsprotocol.types import MessageType

from aicopilot_lsp.completion.types import Outcome, OutcomeKind
from aicopilot_lsp.errors import ModelErrorKind
from aicopilot_lsp.lsp.outages import Outages

if TYPE_CHECKING:
    from aicopilot_lsp.config.load import Problem

Show = Callable[[str, MessageType], None]

_MODEL = "model:"
_NO_MODEL = _MODEL + "none"
_SLOW = "slow"
_CONFIG = "config"
_SUSPENDED = "suspended:"
_INDEX = "index:"
# What `readiness` has said already, in the same words.
_NOT_READY = (ModelErrorKind.NOT_CONFIGURED, ModelErrorKind.NOT_INSTALLED)
_MAX_PROBLEMS = 5


class Notices:
    """Remembers what was said; owned by the event loop.

    Parameters
    ----------
    show : callable
    clock : callable
        Seconds, monotonic.
    """

    def __init__(self, show: Show, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._show = show
        self._said: dict[str, str] = {}
        self._outages = Outages(lambda text, kind: show(f"aicopilot: {text}", kind), clock=clock)

    def outcome(self, outcome: Outcome) -> None:
        """Tell of models' faults, and of their ends."""
        attempts = outcome.attempts
        answered = any(attempt.failure is None for attempt in attempts)
        if answered:
            self._said.pop(_NO_MODEL, None)
        elif outcome.kind is OutcomeKind.MODEL_ERROR and outcome.reason in _NOT_READY:
            self._once(_NO_MODEL, outcome.message, MessageType.Warning)
            attempts = tuple(each for each in attempts if each.failure not in _NOT_READY)
        if outcome.kind is OutcomeKind.TIMEOUT and outcome.message:
            # Once a session: on a slow machine it comes and goes.
            self._once(_SLOW, outcome.message, MessageType.Warning)
            self._outages.is_known(outcome.timed_out)
        self._outages.after(attempts)

    def models_changed(self) -> None:
        """The settings name other models, or name them otherwise."""
        self._outages.models_changed()

    def readiness(self, advice: str | None) -> None:
        """Tell what is missing before there can be suggestions; None: nothing is."""
        if advice is None:
            self._said.pop(_NO_MODEL, None)
        else:
            self._once(_NO_MODEL, advice, MessageType.Warning)

    def problems(self, problems: "Sequence[Problem]") -> None:
        """Tell of options that are not used, in one message; again only when they change."""
        if not problems:
            self._said.pop(_CONFIG, None)
            return
        lines = [_line(problem) for problem in problems[:_MAX_PROBLEMS]]
        if len(problems) > _MAX_PROBLEMS:
            lines.append(f"and {len(problems) - _MAX_PROBLEMS} more")
        text = (
            "Some options can't be used; the rest of the configuration is in force. "
            "To be mended: " + "; ".join(lines)
        )
        if self._said.get(_CONFIG) != text:
            self._said.pop(_CONFIG, None)
            self._once(_CONFIG, text, MessageType.Warning)

    def engine_failed(self) -> None:
        """Tell that there is nothing behind the server."""
        self._once(
            _MODEL + "engine",
            "The server could not set up its model and makes no suggestions; the editor works as "
            "ever. `aicopilot doctor` says what is wrong.",
            MessageType.Error,
        )

    def index_failed(self, folder: str, reason: str) -> None:
        """Tell that a folder's index is not kept any longer."""
        self._once(
            _INDEX + folder,
            f"The index of {folder} is not kept up to date. {reason}",
            MessageType.Warning,
        )

    def index_serves(self, folder: str) -> None:
        self._said.pop(_INDEX + folder, None)

    def suspended(self, uri: str, reason: str) -> None:
        """Tell that a document gets no suggestions until it is opened again."""
        name = uri.rsplit("/", 1)[-1]
        self._once(
            _SUSPENDED + uri,
            f"No more suggestions in {name}: {reason}, so the text known here may differ from "
            "yours. Nothing is wrong with your file. Close and open it again to get suggestions.",
            MessageType.Warning,
        )

    def resumed(self, uri: str) -> None:
        self._said.pop(_SUSPENDED + uri, None)

    def say(self, text: str) -> None:
        """Show what the user asked to see."""
        self._show(f"aicopilot: {text}", MessageType.Info)

    def _once(self, cause: str, text: str, kind: MessageType) -> None:
        if cause not in self._said:
            self._said[cause] = text
            self._show(f"aicopilot: {text}", kind)


def _line(problem: "Problem") -> str:
    place = problem.source if problem.line is None else f"{problem.source}, line {problem.line}"
    return f"{problem.key} ({place}): {problem.message}".removeprefix(" ")
