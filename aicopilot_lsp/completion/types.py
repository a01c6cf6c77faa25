"""The nouns of one inline completion: what goes in (Snapshot) and what comes out (Outcome)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from aicopilot_lsp.completion.budget import Budget
from aicopilot_lsp.context.types import Around, Chosen, Gathered
from aicopilot_lsp.filters.protocol import Verdict
from aicopilot_lsp.text.document import DocumentSnapshot, Point


class Trigger(StrEnum):
    AUTOMATIC = "automatic"  # the user typed
    INVOKED = "invoked"  # the user asked: no debounce, fewer rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that a request may know, taken in the turn in which its message was read.

    Attributes
    ----------
    path : str
        Relative to its workspace folder with "/" where it is in one, else the absolute path without
        its leading "/"; "" for an untitled buffer. For exclusion patterns; nothing is read from it,
        and of an absolute one no more than the file's name may go into a prompt.
    aliases : tuple of str
        The paths that the same file has besides: through links, in outer workspace folders, and,
        with a "/" in front, as a whole (config/matching.py).
        What excludes or forbids one of them does so for the file.
    around : Around
        What the editor showed and did besides; of files that may be shown along with others only.
    """

    document: DocumentSnapshot
    cursor: Point
    trigger: Trigger = Trigger.AUTOMATIC
    path: str = ""
    aliases: tuple[str, ...] = ()
    around: Around = Around()


class OutcomeKind(StrEnum):
    """How a request ended; each request ends in exactly one."""

    SHOWN = "shown"
    FILTERED = "filtered"
    NOT_TRIGGERED = "not_triggered"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    TIMEOUT = "timeout"
    MODEL_ERROR = "model_error"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Text to be put in place of start..end (one line; the cursor is within)."""

    id: str
    text: str
    start: Point
    end: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Token counts of the model call; None where the backend does not tell."""

    prompt: int | None = None
    evaluated: int | None = None
    generated: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One model's turn in a request.

    Attributes
    ----------
    model : str
        Its name in the configuration.
    failure : str or None
        A ModelErrorKind; None: it answered.
    message : str
        What to say of the failure, to a person.
    asked : bool
        False: it was passed over, since it rests after an earlier failure.
    """

    model: str
    failure: str | None = None
    message: str = ""
    asked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One time that the sources of context were asked.

    Attributes
    ----------
    gathered : Gathered or None
        None where context is switched off, or the file could not be read in time.
    at_s : float
        On the pipeline's clock.
    resting : bool
        It was to read ahead while nobody waited, not for a request.
    """

    gathered: Gathered | None = field(default=None, repr=False)
    at_s: float = 0.0
    resting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a model was sent, to be looked at by its user. Holds source text: never to be logged.

    Attributes
    ----------
    prompt : str
        Exactly as sent; where the server writes it, what it was sent to write it from.
    must_begin_with : str
        What its answer had to begin with: the end of the text before the cursor, left out of the
        prompt so that the model may end a token elsewhere.
    chosen : tuple of Chosen
        The snippets in it, in its order.
    lookup : Lookup or None
        What they were chosen from last; None where nothing has been found yet.
    looked_before_s : float or None
        By how many seconds that was before this request, whose prompt keeps the snippets of the
        one before; None where they were found for this one.
    in_vain : bool
        The prompt was to have others: the sources were asked for this request, too, and what they
        need to know of the file was not there in time.
    passed_on : str
        The model that it was sent to, by its name in the configuration, where that failed and
        another one had its turn and was sent nothing.
    """

    prompt: str = field(repr=False)
    must_begin_with: str = field(default="", repr=False)
    chosen: tuple[Chosen, ...] = field(default=(), repr=False)
    lookup: Lookup | None = field(default=None, repr=False)
    looked_before_s: float | None = None
    in_vain: bool = False
    passed_on: str = ""

    @property
    def gathered(self) -> Gathered | None:
        """What the sources found for this request; None where they were not asked for it."""
        return self.lookup.gathered if self.lookup and self.looked_before_s is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one request: the record behind `--json`, `doctor` and "why nothing?".

    Attributes
    ----------
    reason : str
        Code: a trigger rule, a filter rule, a ModelErrorKind, "model", "cache", ...
    rule : str or None
        The filter or trigger rule that decided, if one did.
    message : str
        For a person; only where there is something to do about it (model errors, routes).
    timings_ms : mapping of stage to milliseconds
    budget : Budget or None
        How prompt and answer were sized, and by what; None where no prompt was made.
    attempts : tuple of Attempt
        The models that had their turn, in order; those behind the one that answered had none.
    timed_out : str
        The model whose turn it was when the time was over, "" if none's.
    sent : Sent or None
        None where no model was asked.
    """

    kind: OutcomeKind
    reason: str
    rule: str | None = None
    suggestions: tuple[Suggestion, ...] = ()
    model: str = ""
    message: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    tokens: Tokens = Tokens()
    verdicts: tuple[Verdict, ...] = ()
    budget: Budget | None = None
    attempts: tuple[Attempt, ...] = ()
    timed_out: str = ""
    sent: Sent | None = field(default=None, repr=False, compare=False)
