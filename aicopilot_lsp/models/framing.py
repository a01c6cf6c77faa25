"""How an answer's bytes become events: server-sent events, a JSON object a line, or one object."""

from typing import Protocol

from aicopilot_lsp.models import failures
from aicopilot_lsp.models.api import Framing
from aicopilot_lsp.models.http import Reply, json_object
from aicopilot_lsp.models.sse import Event, EventReader, LineReader, decoded

_EXPECTED = {
    Framing.SSE: ("it is not a stream of events", ("text/event-stream",)),
    Framing.NDJSON: ("it is not a stream of JSON lines", ("application/x-ndjson",)),
    Framing.JSON: ("it is not JSON", ("application/json",)),
}


class Decoder(Protocol):
    """Both raise ModelError (TOO_LARGE, PROTOCOL)."""

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes."""

    def close(self) -> list[Event]:
        """Those that the end of the answer completes."""


def decoder(framing: Framing) -> Decoder:
    match framing:
        case Framing.SSE:
            return _Sse()
        case Framing.NDJSON:
            return _JsonLines()
        case Framing.JSON:
            return _Whole()


async def expect(reply: Reply, framing: Framing) -> None:
    """Raise, unless the answer is framed so. An error in a 200 comes as plain JSON."""
    fault, media_types = _EXPECTED[framing]
    if reply.media_type in media_types:
        return
    if reply.media_type == "application/json":
        answer = json_object(await reply.body(), reply.where)
        if answer.get("error") is not None:
            raise failures.from_error_object(reply.where, answer["error"])
    raise failures.bad_answer(reply.where, fault)


class _Sse:
    def __init__(self) -> None:
        self._reader = EventReader()

    def feed(self, data: bytes) -> list[Event]:
        return self._reader.feed(data)

    def close(self) -> list[Event]:
        return []  # the standard drops an event that is cut off


class _JsonLines:
    def __init__(self) -> None:
        self._reader = LineReader()

    def feed(self, data: bytes) -> list[Event]:
        return [Event(line) for line in self._reader.feed(data) if line.strip()]

    def close(self) -> list[Event]:
        return []  # each line has an end: one without was cut off


class _Whole:
    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> list[Event]:
        self._data += data  # http.py caps the answer
        return []

    def close(self) -> list[Event]:
        return [Event(decoded(bytes(self._data)))]
