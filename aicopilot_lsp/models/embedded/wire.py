"""One client's connection to the guard: HTTP/1.1 by h11 over asyncio streams, with hard limits.

h11 decides what is a request; nothing of it is passed on but what it parsed. Sizes and times are
bounded here, so that a broken or hostile client costs one connection and no more.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import h11

MAX_HEAD_BYTES = 16 << 10
MAX_BODY_BYTES = 4 << 20
MAX_PIPELINED_BYTES = 64 << 10
REQUEST_TIMEOUT_S = 30.0
WRITE_TIMEOUT_S = 30.0
LINGER_S = 1.0
_READ_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Head:
    """A request's first part; header names are lower-case, repeated ones keep all values."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]

    def values(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key == name]


class RefusedError(Exception):
    """The request is answered with `status` and the connection is closed."""

    def __init__(self, status: int, message: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


class ClientConnection:
    """Reads requests and writes answers; owned by one task.

    Raises `RefusedError` for what breaks a limit or the protocol, and OSError (TimeoutError among
    them) when the client is gone.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)

    async def next_head(self) -> Head | None:
        """The next request, or None when the client has closed the connection."""
        event = await self._next_event()
        if not isinstance(event, h11.Request):
            return None
        return Head(
            method=event.method.decode("ascii"),
            target=event.target.decode("ascii"),
            headers=tuple(event.headers),
        )

    async def body(self, head: Head) -> bytes:
        """The request's body, whole: a slow client then holds none of llama.cpp's threads."""
        declared = head.values(b"content-length")
        if declared and int(declared[0]) > MAX_BODY_BYTES:
            raise RefusedError(413, f"A request has at most {MAX_BODY_BYTES} bytes.")
        if self._http.they_are_waiting_for_100_continue:
            await self._send(h11.InformationalResponse(status_code=100, headers=[]))
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > MAX_BODY_BYTES:
                raise RefusedError(413, f"A request has at most {MAX_BODY_BYTES} bytes.")
        return bytes(body)

    async def gone(self) -> None:
        """Return when the client has closed its side; what it pipelines meanwhile is kept.

        HTTP clients do not half-close, so an end of input means that nobody waits for the answer.
        """
        with contextlib.suppress(ConnectionError):
            while data := await self._reader.read(_READ_BYTES):
                self._http.receive_data(data)
                if len(self._http.trailing_data[0]) > MAX_PIPELINED_BYTES:
                    return

    async def start_answer(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        await self._send(h11.Response(status_code=status, headers=headers))

    async def send_data(self, data: bytes) -> None:
        await self._send(h11.Data(data=data))

    async def end_answer(self) -> None:
        await self._send(h11.EndOfMessage())

    async def answer_json(
        self, status: int, content: Mapping[str, Any], *more: tuple[bytes, bytes]
    ) -> None:
        body = json.dumps(content).encode()
        await self.start_answer(
            status,
            [
                (b"Content-Type", b"application/json"),
                (b"Content-Length", str(len(body)).encode()),
                (b"Cache-Control", b"no-store"),
                *more,
            ],
        )
        await self.send_data(body)
        await self.end_answer()

    async def refuse(self, refusal: RefusedError) -> None:
        """Answer with an error and stop reading; to be closed afterwards."""
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        more = [(b"Connection", b"close")]
        if refusal.retry_after_s is not None:
            more.append((b"Retry-After", str(refusal.retry_after_s).encode()))
        error = {"error": {"code": refusal.status, "message": str(refusal), "type": "guard"}}
        await self.answer_json(refusal.status, error, *more)
        await self._linger()

    def next_cycle(self) -> bool:
        """Make ready for the next request on this connection; False when it can't have one."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def abort(self) -> None:
        """Close at once; an answer that is under way breaks off, as the client must notice."""
        self._writer.transport.abort()

    async def _next_event(self) -> Any:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(_READ_BYTES))
        except h11.RemoteProtocolError as error:
            raise RefusedError(error.error_status_hint, "That is not an HTTP request.") from error
        return event

    async def _send(self, event: h11.Event) -> None:
        if data := self._http.send(event):
            self._writer.write(data)
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await self._writer.drain()

    async def _linger(self) -> None:
        """Take what the client is still sending: closing on it would reset the connection, and
        the client would never read why it was refused."""
        with contextlib.suppress(OSError):
            if self._writer.can_write_eof():
                self._writer.write_eof()
            left = 2 * MAX_BODY_BYTES
            async with asyncio.timeout(LINGER_S):
                while left > 0 and (data := await self._reader.read(_READ_BYTES)):
                    left -= len(data)
