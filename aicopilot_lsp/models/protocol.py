"""What a model backend is: the protocol that every provider implements.

A backend is asked for one continuation at a time and streams it. It knows HTTP, keys and the
provider's JSON; it does not know documents, layouts or filters. Register one under the
`aicopilot_lsp.backends` entry point (see aicopilot_lsp/plugins.py).
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRequest:
    """One continuation to be generated.

    Attributes
    ----------
    prompt : str
        The whole prompt, FIM tokens included; sent as it stands.
    must_begin_with : str
        Text the answer is to begin with (token healing, see completion/prompt.py). Where a
        backend can constrain it does; where it can't, it asks without. Either way the answer is
        streamed as generated, with this text in it: the caller takes it off, or drops the answer.
    stop : tuple of str
        Generation ends before any of these; they are not part of the answer.
    deadline_s : float
        Total time for the call, connect to last byte.
    """

    prompt: str
    max_tokens: int
    deadline_s: float
    must_begin_with: str = ""
    stop: tuple[str, ...] = ()
    temperature: float = 0.0


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

    text: str
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


class Backend(Protocol):
    """A model that can be asked to continue a text.

    One instance serves one configured model for the life of the server and is used from one event
    loop. All methods raise ModelError and nothing else of their own.
    """

    @property
    def model(self) -> str:
        """The model's name, as far as it is known without asking; for outcome records."""

    @property
    def fim_format(self) -> str:
        """Name of the FIM format its model was trained on (models/fim.py)."""

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
