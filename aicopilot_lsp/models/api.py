"""What sets one model server apart from another: its `Api`, a few pure functions over JSON.

An Api knows paths, fields and events; `HttpBackend` (httpbackend.py) does all the talking, so that
deadlines, caps, errors and stop strings are the same for every server. One small file each:
llamacpp.py, ollama.py, ...
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, runtime_checkable

from aicopilot_lsp.models.protocol import (
    BackendInfo,
    FinishReason,
    GenerateRequest,
    Healing,
    Mode,
    Usage,
)
from aicopilot_lsp.models.sse import Event

Ask = Callable[..., Awaitable[dict[str, Any]]]
"""`await ask(path, body=None)`: the JSON object that the server answers a short question with, an
array as `{"items": array}`. Raises ModelError."""


class Framing(Enum):
    """How an answer is cut into events."""

    SSE = "text/event-stream"
    NDJSON = "application/x-ndjson"  # one JSON object a line
    JSON = "application/json"  # one object, all at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request on the wire. `headers` come on top of the endpoint's."""

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one event says: some text, the running cost if it is told, and how it ended if it has.

    After a piece with `finish` the rest of the answer is awaited only to learn `usage`, and only
    if `usage_follows`.
    """

    text: str = ""
    usage: Usage | None = None
    finish: FinishReason | None = None
    usage_follows: bool = False


class Reader(Protocol):
    """Reads the events of one answer, in order."""

    def read(self, event: Event, where: str) -> Piece | None:
        """What `event` says; None where it says nothing of the answer.

        Raises ModelError (PROTOCOL, or what an error object tells) in the words of failures.py;
        `where` is the server's address for them."""


class Dialect(Protocol):
    """One way to ask a server for a continuation.

    Attributes
    ----------
    healing : Healing
        CONSTRAINED where `call` makes the server honour `must_begin_with`.
    max_stops : int or None
        The most stop strings the server takes; the others are kept to in our stream.
    takes_middle : bool
        In the mode NATIVE: whether `Hole.middle` has a place of its own behind the suffix.
    takes_files : bool
        Whether `Hole.snippets` have a place of their own.
    """

    @property
    def framing(self) -> Framing: ...
    @property
    def healing(self) -> Healing: ...
    @property
    def max_stops(self) -> int | None: ...
    @property
    def takes_middle(self) -> bool: ...
    @property
    def takes_files(self) -> bool: ...

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:
        """The request; of its stop strings only `stop`, which keeps to `max_stops`."""

    def reader(self, request: GenerateRequest) -> Reader:
        """For the answer to `request`."""


class Api(Protocol):
    """One kind of server, for one model of it."""

    @property
    def dialects(self) -> Mapping[Mode, Dialect]:
        """The ways to ask it."""

    async def describe(self, ask: Ask, where: str) -> BackendInfo:
        """What it serves. Raises ModelError."""


@runtime_checkable
class TokenizingApi(Protocol):
    """An Api of a server that can be asked how it cuts a text into tokens."""

    async def tokenize(
        self, ask: Ask, text: str, where: str, *, special: bool = False
    ) -> tuple[str, ...] | None:
        """`text` in tokens, control tokens recognised if `special`; None where the server can't
        tell. Raises ModelError; NOT_FOUND counts as "can't tell, and need not be asked again"."""


@runtime_checkable
class LearningApi(Protocol):
    """An Api of an interface that many servers have, each in its own way."""

    async def learn(self, ask: Ask, where: str) -> None:
        """Find out which one it is; `dialects` are for that one from then on. Cheap: every first
        request waits for it; `describe` does the same on the way. Raises ModelError where the
        server can't tell now; one that has no such path is told by that, and is no failure."""
