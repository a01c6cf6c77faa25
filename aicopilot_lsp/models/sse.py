"""Lines and server-sent events out of a byte stream that may be cut anywhere.

Pure and incremental: bytes in, whole lines or events out. Strict about what a hostile or broken
server could do: a line and an event have a size cap, and text that isn't UTF-8 is refused. (The
httpx-sse package reads the same format, but has no caps: a line without an end fills the memory.)
"""

from dataclasses import dataclass

from aicopilot_lsp.errors import ModelError, ModelErrorKind

MAX_LINE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event; `name` is "message" where the server gave none."""

    data: str
    name: str = "message"


class LineReader:
    """Cuts a byte stream into lines; also all that newline-delimited JSON needs.

    Lines end at \\n, \\r\\n or \\r. A character cut in two by a chunk's border is put together
    again, since lines are decoded whole.
    """

    def __init__(self, *, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_line_bytes = max_line_bytes
        self._rest = bytearray()
        self._after_cr = False

    def feed(self, data: bytes) -> list[str]:
        """The lines that `data` completes, without their ends.

        Raises
        ------
        ModelError
            TOO_LARGE: a line passed the cap. PROTOCOL: it isn't UTF-8.
        """
        if self._after_cr and data:
            # The \n of a \r\n whose halves came apart; the line was given out at the \r.
            data = data.removeprefix(b"\n")
            self._after_cr = False
        whole, rest = _cut_at_last_end(data)
        if not whole:
            self._keep(rest)
            return []
        self._after_cr = not rest and whole.endswith(b"\r")
        pieces = whole.splitlines()
        if self._rest:
            pieces[0] = bytes(self._rest) + pieces[0]
            self._rest.clear()
        self._keep(rest)
        return [self._decoded(piece) for piece in pieces]

    def close(self) -> str | None:
        """What came after the last line's end, or None if nothing did."""
        rest = bytes(self._rest)
        self._rest.clear()
        return self._decoded(rest) if rest else None

    def _keep(self, rest: bytes) -> None:
        if len(self._rest) + len(rest) > self._max_line_bytes:
            raise _too_long(self._max_line_bytes)
        self._rest += rest

    def _decoded(self, line: bytes) -> str:
        if len(line) > self._max_line_bytes:
            raise _too_long(self._max_line_bytes)
        return decoded(line)


class EventReader:
    """Server-sent events, as the HTML standard has them: comments, several data lines, any line
    end. Also takes llama.cpp's older `error: {...}` line, as an event named "error"."""

    def __init__(self, *, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._lines = LineReader(max_line_bytes=max_line_bytes)
        self._max_event_chars = max_line_bytes
        self._data: list[str] = []
        self._chars = 0
        self._name = ""
        self._at_start = True

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes. Raises ModelError, as LineReader.feed does.

        An event that the stream's end cuts off is never given out, as the standard demands.
        """
        events = []
        for line in self._lines.feed(data):
            if self._at_start:
                self._at_start = False
                line = line.removeprefix("\ufeff")  # noqa: PLW2901 - the standard's own wording
            if line:
                self._field(line)
            elif (event := self._dispatch()) is not None:
                events.append(event)
        return events

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "error":
            self._name, name = "error", "data"
        if name == "event":
            self._name = value
        elif name == "data":
            self._chars += len(value) + 1
            if self._chars > self._max_event_chars:
                raise _too_long(self._max_event_chars)
            self._data.append(value)
        # "id" and "retry" are for clients that connect again; a line that begins with ":" is a
        # comment (servers send them to keep the connection open); others are to be ignored.

    def _dispatch(self) -> Event | None:
        event = Event("\n".join(self._data), self._name or "message") if self._data else None
        self._data.clear()
        self._chars = 0
        self._name = ""
        return event


def decoded(data: bytes) -> str:
    """`data` as text. Raises ModelError PROTOCOL where it isn't UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # `from None`: the exception holds the bytes.
        raise ModelError(
            "The model server's answer is not UTF-8 text.", kind=ModelErrorKind.PROTOCOL
        ) from None


def _cut_at_last_end(data: bytes) -> tuple[bytes, bytes]:
    end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
    return data[:end], data[end:]


def _too_long(limit: int) -> ModelError:
    return ModelError(
        f"The model server sent a line of more than {limit:,} bytes; the call was ended.",
        kind=ModelErrorKind.TOO_LARGE,
    )
