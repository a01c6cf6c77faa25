"""What a model backend is: the protocol that every provider implements.

A backend is asked for one continuation at a time and streams it. It knows HTTP, keys and the
provider's JSON; it does not know documents, layouts or filters. It says how it wants to be asked
(`Prompting`): with a prompt that we have written in its FIM format, or with the hole itself, where
the server or a chat template writes the prompt. Register one under the `aicopilot_lsp.backends`
entry point (see aicopilot_lsp/plugins.py).
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from aicopilot_lsp.models.fim import FimFormat


class Mode(StrEnum):
    """Who writes the prompt."""

    RAW = "raw"  # we do, in the model's FIM format
    NATIVE = "native"  # the server does, from prefix and suffix
    CHAT = "chat"  # a chat model is told to fill the hole


class Layout(StrEnum):
    """Where the text just before the cursor stands; measured per model."""

    FROZEN = "frozen"  # behind the middle token, so that typing only appends
    STANDARD = "standard"  # at the end of the prefix


class Healing(StrEnum):
    """What is done about a prompt that would end inside a token."""

    CONSTRAINED = "constrained"  # cut at a token's start; the server makes the answer begin so
    CHECKED = "checked"  # cut likewise; an answer that does not begin so is asked for once more
    NONE = "none"  # sent as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompting:
    """How a backend wants to be asked.

    Attributes
    ----------
    format : FimFormat or None
        What prompts are written in; None but in the mode RAW.
    takes_files : bool
        Whether text of other files has a place of its own; else it stands above the prefix.
    """

    mode: Mode
    format: FimFormat | None = None
    layout: Layout = Layout.STANDARD
    healing: Healing = Healing.NONE
    takes_files: bool = False

    @property
    def name(self) -> str:
        """The format's name, or the mode: what `fim_format` in the configuration may say."""
        return self.mode.value if self.format is None else self.format.name


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text from elsewhere that goes along with a hole."""

    path: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """What is to be filled in: text before it, and after it. Markers of FIM formats in these texts
    are harmless already (`fim.neutralise_all`).

    Attributes
    ----------
    middle : str
        What is there already of the middle: stands right behind `prefix`, and apart from it for
        servers that can take it apart.
    file_name : str
        Its last part only; a path may hold a user's name.
    language_id : str
        As the editor calls it; "" if unknown.
    snippets : tuple of Snippet
        Most important last.
    """

    prefix: str = field(repr=False)
    suffix: str = field(repr=False)
    middle: str = field(default="", repr=False)
    file_name: str = ""
    language_id: str = ""
    snippets: tuple[Snippet, ...] = ()

    @property
    def before(self) -> str:
        """All that stands before the place where the answer goes."""
        return self.prefix + self.middle


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRequest:
    """One continuation to be generated.

    Attributes
    ----------
    prompt : str
        In the mode RAW: the whole prompt, FIM tokens included; sent as it stands.
    hole : Hole or None
        In the other modes: what is to be filled.
    must_begin_with : str
        Text the answer is to begin with (token healing, see completion/prompt.py). Where a
        backend can constrain it does; where it can't, it asks without. Either way the answer is
        streamed as generated, with this text in it: the caller takes it off, or drops the answer.
    stop : tuple of str
        Generation ends before any of these; they are not part of the answer.
    deadline_s : float
        Total time for the call, connect to last byte.
    begin_within_s : float or None
        Where another model waits for its turn: how long the first text may take. guarded.py keeps
        to it for all backends.
    """

    max_tokens: int
    deadline_s: float
    begin_within_s: float | None = None
    prompt: str = field(default="", repr=False)
    hole: Hole | None = None
    must_begin_with: str = field(default="", repr=False)
    stop: tuple[str, ...] = ()
    temperature: float = 0.0


def hole_of(request: GenerateRequest) -> Hole:
    """The request's hole; an empty one where it comes with a prompt, which only RAW is sent."""
    return request.hole or Hole(prefix="", suffix="")


class FinishReason(StrEnum):
    END = "end"  # the model ended the text
    STOP = "stop"  # a stop string
    LIMIT = "limit"  # max_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one call cost; None where the backend does not tell."""

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    evaluated_tokens: int | None = None
    generated_tokens: int | None = None
    prefill_ms: float | None = None
    decode_ms: float | None = None


@dataclass(frozen=True, slots=True)
class TextChunk:
    """A piece of the answer, with the running cost where the backend tells it with each piece: a
    caller that has what it needs leaves before the end, and would otherwise never learn it.
    `text` is empty where the prompt is still being read and only that is told."""

    text: str = field(repr=False)
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a stream; the stream of an aborted call ends without one."""

    reason: FinishReason
    usage: Usage


StreamEvent = TextChunk | Finished


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendInfo:
    """What a backend says of itself, for `doctor`."""

    model: str
    context_tokens: int | None = None
    endpoint: str = ""  # scheme, host and port only
    details: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a model runs, as far as it is known without asking: what budgets go by.

    Attributes
    ----------
    endpoint : str
        Scheme, host and port; "" for the process of our own.
    metered : bool
        It may bill by the token: a server under a public name.
    window_tokens : int or None
        What prompt and answer have to fit in; None as long as nobody has told.
    """

    endpoint: str = ""
    metered: bool = False
    window_tokens: int | None = None


class Backend(Protocol):
    """A model that can be asked to continue a text.

    One instance serves one configured model for the life of the server and is used from one event
    loop. All methods raise ModelError and nothing else of their own.
    """

    @property
    def model(self) -> str:
        """The model's name, as far as it is known without asking; for outcome records."""

    @property
    def site(self) -> Site:
        """Where it runs; asks nobody."""

    @property
    def prompting(self) -> Prompting:
        """How it wants to be asked; settled once `prepare` has returned, and until the next one."""

    @property
    def starting(self) -> bool:
        """Whether it is being started or loaded at this moment; shown as progress."""

    async def prepare(self) -> None:
        """Return when it can be asked: start and load what has to be; nothing to do for a server
        that runs elsewhere. May take seconds, and waits no longer than the caller does."""

    def generate(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent, None]:
        """Stream one continuation. Closing the generator (aclose, or cancelling the task that
        iterates it) closes the connection, which stops the work at the server."""

    async def tokenize(self, text: str) -> tuple[str, ...] | None:
        """The text cut into the model's tokens (special tokens not recognised), or None where the
        backend can't tell. `"".join(pieces) == text` unless a character is split over tokens."""

    async def describe(self) -> BackendInfo:
        """Ask the backend what it serves; used by `doctor` and `model test`."""

    async def readiness(self) -> str | None:
        """None when it can be asked, else what to do about it, for a person ("No model yet: run
        `aicopilot model pull`"). Starts nothing and connects to nothing."""

    async def aclose(self) -> None:
        """Release connections. The object is not used again."""
