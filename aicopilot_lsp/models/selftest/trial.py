"""One way to ask, tried on a few tiny holes: are they filled, does the output stop, is it clean?

Stop strings of ours would hide both a model that never stops and control tokens in the text, so
none are sent.
"""

from dataclasses import dataclass, replace

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.chat.faults import OnlyReasonedError
from aicopilot_lsp.models.fim import FORMATS
from aicopilot_lsp.models.fim.tokens import OTHERS
from aicopilot_lsp.models.protocol import FinishReason, Layout, Mode, Prompting
from aicopilot_lsp.models.selftest.asking import Answered, Subject, ask
from aicopilot_lsp.models.selftest.holes import TRIVIAL, KnownHole

_MAX_TOKENS = 16
# Chat models put fences around, and an explanation behind.
_MAX_CHAT_TOKENS = 64
# Small models miss one now and then; a model that is asked wrongly misses nearly all.
_MAY_MISS = 1
_CONTROL = frozenset(OTHERS).union(*(form.markers for form in FORMATS.values()))
# The server said no to this way of asking. All else (no connection, no key, a passed deadline) says
# nothing of it, and goes to the caller.
_SAYS_NO = frozenset(
    (
        ModelErrorKind.NOT_FOUND,
        ModelErrorKind.REJECTED,
        ModelErrorKind.SERVER,
        ModelErrorKind.PROTOCOL,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How it went.

    Attributes
    ----------
    name : str
        The format's name, or the mode.
    passed : bool
    verdict : str
        For people, a few words.
    filled, stopped : int
        Of the holes that were asked: those filled, and those after which the model stopped.
    never_stops : bool
        It fills the holes, and that is all that is wrong.
    leaks : bool
        A control token was in the text.
    hole_s : float or None
        How long a hole that was filled has taken.
    error : ModelError or None
        The server refused to be asked so.
    """

    name: str
    passed: bool
    verdict: str
    filled: int = 0
    stopped: int = 0
    never_stops: bool = False
    leaks: bool = False
    hole_s: float | None = None
    error: ModelError | None = None


async def try_out(subject: Subject, prompting: Prompting) -> Trial:
    """Ask in this way. Raises ModelError when that was not possible at all."""
    # Models are trained on this layout; which one is better is asked later.
    plainly = replace(prompting, layout=Layout.STANDARD)
    blind = _is_blind(prompting)
    filled = stopped = missed = 0
    took_s = 0.0
    for known in TRIVIAL:
        if blind and known.needs_suffix:
            continue
        try:
            answer = await _answer(subject, plainly, known)
        except ModelError as error:
            if error.kind not in _SAYS_NO:
                raise
            return Trial(name=prompting.name, passed=False, verdict=_refused(error), error=error)
        if leaked(answer.text):
            return _leaking(prompting.name, filled + known.filled_by(answer.text))
        if known.filled_by(answer.text):
            filled += 1
            took_s += answer.total_s
            stopped += answer.reason is FinishReason.END
        else:
            missed += 1
        if missed > _MAY_MISS:
            break
    if blind:
        return _blind(prompting.name, filled, missed)
    judged = _judged(prompting.name, filled, stopped, missed)
    return replace(judged, hole_s=took_s / filled if filled else None)


def _is_blind(prompting: Prompting) -> bool:
    """Whether the text below the cursor is left out, as only a declared format does."""
    return prompting.format is not None and not prompting.format.suffix


def _blind(name: str, filled: int, missed: int) -> Trial:
    return Trial(
        name=name,
        passed=not missed,
        verdict=f"continues {filled} of {filled + missed} texts; does not see what is below",
        filled=filled,
    )


async def _answer(subject: Subject, prompting: Prompting, known: KnownHole) -> Answered:
    """All of a right answer, to see how it ends; a wrong one is left at once, unless it begins as
    control tokens do."""
    chat = prompting.mode is Mode.CHAT
    return await ask(
        subject,
        prompting,
        known.hole,
        max_tokens=_MAX_CHAT_TOKENS if chat else _MAX_TOKENS,
        enough=lambda text: known.missed_by(text) and text.lstrip()[:1] not in "<[",
    )


def leaked(text: str) -> bool:
    """Whether a control token of any family is written out in an answer to one of our holes, where
    nothing that looks like one belongs."""
    return any(marker in text for marker in _CONTROL)


def _judged(name: str, filled: int, stopped: int, missed: int) -> Trial:
    asked = filled + missed
    fills, never_stops = missed <= _MAY_MISS, not stopped
    verdict = f"fills {filled} of {asked} holes"
    if fills and never_stops:
        verdict += ", but never stops"
    elif fills and stopped < filled:
        verdict += f"; runs on after {filled - stopped}"
    return Trial(
        name=name,
        passed=fills and not never_stops,
        verdict=verdict,
        filled=filled,
        stopped=stopped,
        never_stops=fills and never_stops,
    )


def _leaking(name: str, filled: int) -> Trial:
    return Trial(
        name=name,
        passed=False,
        verdict="writes control tokens into the text",
        filled=filled,
        leaks=True,
    )


def _refused(error: ModelError) -> str:
    if isinstance(error, OnlyReasonedError):
        return "spends its whole answer on reasoning"
    match error.kind:
        case ModelErrorKind.NOT_FOUND:
            return "the server has no such interface"
        case ModelErrorKind.PROTOCOL:
            return "the answer can't be understood"
        case ModelErrorKind.SERVER:
            return "the server fails when asked so"
    return "the server rejects such requests"
