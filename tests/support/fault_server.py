"""A server on loopback that does to its client what servers do on a bad day, by name.

`FAULTS` is the table: each fault, and the kind of error that the client is to make of it. `hangs`
marks those that only a deadline ends. Set `server.fault` to a name, or to None for a good answer.
Answers are those of one interface (wires.py), so that every backend meets every fault. Nothing
large is ever built: bodies are written in pieces until the client has had enough.
"""

import asyncio
import contextlib
import json
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aicopilot_lsp.errors import ModelErrorKind as Kind
from aicopilot_lsp.models.api import Framing
from tests.support.loopback import stop_accepting
from tests.support.scripted_llamacpp import read_request
from tests.support.wires import LLAMACPP, Wire

_MIB = 1 << 20
_STREAMED = frozenset((Framing.SSE, Framing.NDJSON))
_SSE_ONLY = frozenset((Framing.SSE,))
_JSON = "content-type: application/json"
_CHUNKED = "transfer-encoding: chunked"


class Peer:
    """The server's end of one connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Wire
    ) -> None:
        self.reader, self.writer, self.wire = reader, writer, wire
        self.sent_bytes = 0

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()
        self.sent_bytes += len(data)

    async def head(self, status: int, *headers: str) -> None:
        await self.send("\r\n".join((f"HTTP/1.1 {status} X", *headers, "", "")).encode())

    async def whole(self, status: int, body: bytes, *headers: str) -> None:
        await self.head(status, f"content-length: {len(body)}", *headers)
        await self.send(body)

    async def stream(self) -> None:
        await self.head(200, self.wire.content_type, _CHUNKED)

    async def chunk(self, data: bytes) -> None:
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def event(self, value: Any) -> None:
        await self.chunk(self.wire.event(value))

    async def begin(self) -> None:
        """The head of a good answer and its first word."""
        await self.stream()
        if self.wire.framing is Framing.JSON:
            await self.chunk(b'{"id": "x", ')
        else:
            await self.event(self.wire.word("a"))

    async def hang(self) -> None:
        """Until the client leaves."""
        await self.reader.read()

    def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Serve = Callable[[Peer], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """`only`: the framings in which it can occur; `kinds`: those in which the kind is another one;
    `also`: a second kind that is right on interfaces that can't tell the first."""

    kind: Kind
    serve: Serve
    hangs: bool = False
    at_connect: bool = False
    retry_after_s: float | None = None
    only: frozenset[Framing] = frozenset(Framing)
    kinds: Mapping[Framing, Kind] = field(default_factory=dict)
    also: Kind | None = None

    def kinds_on(self, wire: Wire) -> tuple[Kind, ...]:
        """The kinds that are right."""
        kind = self.kinds.get(wire.framing, self.kind)
        return (kind,) if self.also is None else (kind, self.also)


FAULTS: dict[str, Fault] = {}


def _fault(kind: Kind, **more: Any) -> Callable[[Serve], Serve]:
    def add(serve: Serve) -> Serve:
        FAULTS[serve.__name__.strip("_")] = Fault(kind, serve, **more)
        return serve

    return add


# Connections


@_fault(Kind.UNREACHABLE, at_connect=True)
async def _closes_at_connect(peer: Peer) -> None:
    pass


@_fault(Kind.UNREACHABLE, at_connect=True)
async def _resets_at_connect(peer: Peer) -> None:
    peer.reset()


@_fault(Kind.UNREACHABLE)
async def _closes_after_the_request(peer: Peer) -> None:
    pass


@_fault(Kind.UNREACHABLE)
async def _resets_after_the_request(peer: Peer) -> None:
    peer.reset()


@_fault(Kind.TIMEOUT, hangs=True)
async def _hangs_before_the_head(peer: Peer) -> None:
    await peer.hang()


# Heads


@_fault(Kind.TIMEOUT, hangs=True)
async def _hangs_in_the_head(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-t")
    await peer.hang()


@_fault(Kind.UNREACHABLE)
async def _closes_in_the_head(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-t")


@_fault(Kind.TIMEOUT, hangs=True)
async def _drips_the_head(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\nx: ")
    await _drip(peer, b"a")


@_fault(Kind.PROTOCOL)
async def _garbage_for_a_status_line(peer: Peer) -> None:
    await peer.send(b"hello there\r\n\r\n")


@_fault(Kind.PROTOCOL, at_connect=True)
async def _noise(peer: Peer) -> None:
    await peer.send(bytes(range(256)) * 8 + b"\r\n\r\n")
    await peer.hang()


@_fault(Kind.PROTOCOL)
async def _headers_without_end(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 200 OK\r\n")
    await _flood(peer, b"x: " + b"a" * 1000 + b"\r\n")


@_fault(Kind.PROTOCOL)
async def _two_lengths(peer: Peer) -> None:
    await peer.head(200, peer.wire.content_type, "content-length: 1", "content-length: 2")


@_fault(Kind.TIMEOUT, hangs=True)
async def _informs_for_ever(peer: Peer) -> None:
    while True:
        await peer.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        await asyncio.sleep(0.001)


# Bodies


@_fault(Kind.TIMEOUT, hangs=True)
async def _hangs_in_the_body(peer: Peer) -> None:
    await peer.begin()
    await peer.hang()


@_fault(Kind.TIMEOUT, hangs=True)
async def _one_byte_a_second(peer: Peer) -> None:
    await peer.stream()
    for byte in peer.wire.event(peer.wire.word("a" * 10_000)):
        await peer.chunk(bytes((byte,)))
        await asyncio.sleep(1)


@_fault(Kind.TIMEOUT, hangs=True)
async def _drips_the_body(peer: Peer) -> None:
    await peer.stream()
    await _drip(peer, b"1\r\nx\r\n")


@_fault(Kind.TIMEOUT, hangs=True)
async def _sends_nothings_for_ever(peer: Peer) -> None:
    await peer.stream()
    nothing = b":\n" if peer.wire.framing is Framing.SSE else b" \n"
    await _drip(peer, b"2\r\n" + nothing + b"\r\n")


@_fault(Kind.TIMEOUT, hangs=True, only=_STREAMED)
async def _says_nothing_for_ever(peer: Peer) -> None:
    await peer.stream()
    nothing = peer.wire.event(peer.wire.word(""))
    await _drip(peer, b"%x\r\n%s\r\n" % (len(nothing), nothing))


@_fault(Kind.INTERRUPTED)
async def _resets_in_the_body(peer: Peer) -> None:
    await peer.begin()
    peer.reset()


@_fault(Kind.INTERRUPTED)
async def _closes_in_the_body(peer: Peer) -> None:
    await peer.begin()


@_fault(Kind.INTERRUPTED, kinds={Framing.JSON: Kind.PROTOCOL})
async def _closes_in_an_event(peer: Peer) -> None:
    await peer.stream()
    await peer.chunk(peer.wire.event(peer.wire.word("a"))[:12])
    await peer.send(b"0\r\n\r\n")


@_fault(Kind.INTERRUPTED, only=_STREAMED)
async def _ends_without_the_last_event(peer: Peer) -> None:
    await peer.begin()
    await peer.send(b"0\r\n\r\n")


@_fault(Kind.INTERRUPTED)
async def _shorter_than_its_length(peer: Peer) -> None:
    await peer.head(200, peer.wire.content_type, "content-length: 1000")
    await peer.send(peer.wire.event(peer.wire.word("a"))[:-1])


@_fault(Kind.INTERRUPTED, kinds={Framing.JSON: Kind.PROTOCOL})
async def _empty_stream(peer: Peer) -> None:
    await peer.whole(200, b"", peer.wire.content_type)


@_fault(Kind.PROTOCOL)
async def _empty_json(peer: Peer) -> None:
    await peer.whole(200, b"", _JSON)


@_fault(Kind.PROTOCOL)
async def _no_content(peer: Peer) -> None:
    await peer.head(204)


@_fault(Kind.PROTOCOL)
async def _a_login_page(peer: Peer) -> None:
    await peer.whole(200, b"<html>Sign in</html>", "content-type: text/html")


@_fault(Kind.PROTOCOL)
async def _bad_chunk_size(peer: Peer) -> None:
    await peer.stream()
    await peer.send(b"zz\r\nhello\r\n")


@_fault(Kind.PROTOCOL)
async def _bad_json(peer: Peer) -> None:
    await _one_event(peer, b'{"content": canary_source')


@_fault(Kind.PROTOCOL)
async def _json_of_the_wrong_type(peer: Peer) -> None:
    await _one_event(peer, b"[1, 2]")


@_fault(Kind.PROTOCOL)
async def _text_of_the_wrong_type(peer: Peer) -> None:
    await _one_event(peer, json.dumps(peer.wire.word(7)).encode())


@_fault(Kind.PROTOCOL)
async def _json_too_deep(peer: Peer) -> None:
    await _one_event(peer, b"[" * 200_000)


@_fault(Kind.PROTOCOL)
async def _a_number_too_long(peer: Peer) -> None:
    await _one_event(peer, b'{"x": ' + b"9" * 10_000 + b"}")


@_fault(Kind.PROTOCOL)
async def _half_a_character(peer: Peer) -> None:
    word = json.dumps(peer.wire.word("canary_source é"), ensure_ascii=False).encode()
    cut = word.index("é".encode()) + 1
    await _one_event(peer, word[:cut] + word[cut + 1 :])


@_fault(Kind.PROTOCOL)
async def _not_utf8(peer: Peer) -> None:
    await _one_event(peer, b'{"content": "\xff\xfe"}')


@_fault(Kind.TOO_LARGE)
async def _a_line_without_end(peer: Peer) -> None:
    await peer.stream()
    await peer.chunk(b"data: " if peer.wire.framing is Framing.SSE else b"{")
    await _flood_chunks(peer, b"a" * 65_536)


@_fault(Kind.TOO_LARGE, only=_SSE_ONLY)
async def _an_event_without_end(peer: Peer) -> None:
    await peer.stream()
    await _flood_chunks(peer, (b"data: " + b"a" * 1_000 + b"\n") * 64)


@_fault(Kind.TOO_LARGE)
async def _300_mb_of_nothings(peer: Peer) -> None:
    await peer.stream()
    line = b":" + b"a" * 1_000 if peer.wire.framing is Framing.SSE else b" " * 1_000
    await _flood_chunks(peer, (line + b"\n") * 64)


@_fault(Kind.TOO_LARGE)
async def _300_mb_announced(peer: Peer) -> None:
    await peer.head(200, peer.wire.content_type, "content-length: 300000000")
    await _flood(peer, b"a" * 65_536)


@_fault(Kind.TOO_LARGE)
async def _300_mb_of_json(peer: Peer) -> None:
    await peer.head(200, _JSON, _CHUNKED)
    await _flood_chunks(peer, b" " * 65_536)


@_fault(Kind.PROTOCOL)
async def _a_gzip_bomb(peer: Peer) -> None:
    await peer.head(200, peer.wire.content_type, _CHUNKED, "content-encoding: gzip")
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(200):
        if packed := packer.compress(bytes(_MIB)):
            await peer.chunk(packed)


# Errors inside a good status


@_fault(Kind.SERVER)
async def _an_error_in_a_200(peer: Peer) -> None:
    await peer.whole(200, b'{"error": {"message": "canary_source"}}', _JSON)


@_fault(Kind.AUTH)
async def _a_coded_error_in_a_200(peer: Peer) -> None:
    await peer.whole(200, b'{"error": {"code": 401}}', _JSON)


# Ollama's errors are sentences: a code among them is none of its own.
@_fault(Kind.BUSY, only=_STREAMED, also=Kind.SERVER)
async def _an_error_event(peer: Peer) -> None:
    await peer.begin()
    await peer.event({"error": {"code": 503, "type": "unavailable_error"}})


# Only llama.cpp has had it; to others it is a field to be ignored.
@_fault(Kind.SERVER, only=_SSE_ONLY, also=Kind.INTERRUPTED)
async def _an_error_line(peer: Peer) -> None:
    await peer.stream()
    await peer.chunk(b'error: {"code": 500, "message": "canary_source"}\n\n')


@_fault(Kind.SERVER)
async def _an_error_of_the_wrong_type(peer: Peer) -> None:
    await _one_event(peer, b'{"error": "canary_source"}')


# Statuses

_STATUSES = {
    301: Kind.REDIRECT,
    302: Kind.REDIRECT,
    307: Kind.REDIRECT,
    308: Kind.REDIRECT,
    400: Kind.REJECTED,
    401: Kind.AUTH,
    403: Kind.AUTH,
    404: Kind.NOT_FOUND,
    405: Kind.REJECTED,
    408: Kind.TIMEOUT,
    413: Kind.REJECTED,
    422: Kind.REJECTED,
    429: Kind.BUSY,
    500: Kind.SERVER,
    502: Kind.SERVER,
    503: Kind.BUSY,
    504: Kind.SERVER,
    599: Kind.SERVER,
    206: Kind.PROTOCOL,
    999: Kind.PROTOCOL,
}


def _status(status: int, *headers: str) -> Serve:
    async def serve(peer: Peer) -> None:
        body = b'{"error": {"message": "canary_source", "type": "x"}}'
        await peer.whole(status, body, "location: http://127.0.0.1:9/canary_path", *headers)

    return serve


for _number, _kind in _STATUSES.items():
    FAULTS[f"status_{_number}"] = Fault(_kind, _status(_number))
FAULTS["status_429_wait_7_s"] = Fault(Kind.BUSY, _status(429, "retry-after: 7"), retry_after_s=7.0)
FAULTS["status_503_wait_for_ever"] = Fault(
    Kind.BUSY, _status(503, "retry-after: 1e300"), retry_after_s=3_600.0
)
FAULTS["status_503_wait_nonsense"] = Fault(Kind.BUSY, _status(503, "retry-after: soon"))


@_fault(Kind.STARTING)
async def _still_loading(peer: Peer) -> None:
    body = b'{"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}'
    await peer.whole(503, body, _JSON)


@_fault(Kind.SERVER)
async def _an_error_whose_body_hangs(peer: Peer) -> None:
    await peer.head(500, "content-length: 10")
    await peer.hang()


@_fault(Kind.REJECTED)
async def _an_error_of_300_mb(peer: Peer) -> None:
    await peer.head(400, _CHUNKED)
    await _flood_chunks(peer, b"a" * 65_536)


@_fault(Kind.REJECTED)
async def _refuses_and_hangs_up(peer: Peer) -> None:
    await peer.whole(413, b"", "connection: close")


class FaultServer:
    """Answers every connection with `fault`, or well when it is None."""

    def __init__(self, wire: Wire = LLAMACPP) -> None:
        self.wire = wire
        self.fault: str | None = None
        self.url = ""
        self.sent_bytes = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        await stop_accepting(self._server)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def idle(self) -> None:
        """Until every client has left."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        peer = Peer(reader, writer, self.wire)
        fault = FAULTS[self.fault] if self.fault is not None else None
        try:
            if fault is None or not fault.at_connect:
                await read_request(reader)
            await (_well if fault is None else fault.serve)(peer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self.sent_bytes += peer.sent_bytes
            writer.close()


@contextlib.contextmanager
def closed_port() -> Iterator[str]:
    """An address that refuses connections: bound, not listening."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


@contextlib.asynccontextmanager
async def deaf_port() -> AsyncIterator[str]:
    """An address where connecting hangs: it listens, its queue is full, nobody accepts."""
    with contextlib.ExitStack() as stack:
        sock = stack.enter_context(socket.socket())
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(sock.getsockname())
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


async def _well(peer: Peer) -> None:
    await peer.stream()
    await peer.event(peer.wire.word("fine"))
    for event in peer.wire.end:
        await peer.event(event)
    await peer.send(b"0\r\n\r\n")


async def _one_event(peer: Peer, data: bytes) -> None:
    await peer.stream()
    await peer.chunk(peer.wire.framed(data))
    if peer.wire.framing is Framing.JSON:
        await peer.send(b"0\r\n\r\n")
    else:
        await peer.hang()


async def _drip(peer: Peer, data: bytes) -> None:
    """A little, again and again: no read ever waits long."""
    while True:
        await peer.send(data)
        await asyncio.sleep(0.005)


async def _flood(peer: Peer, data: bytes) -> None:
    for _ in range(300_000_000 // len(data)):
        await peer.send(data)


async def _flood_chunks(peer: Peer, data: bytes) -> None:
    for _ in range(300_000_000 // len(data)):
        await peer.chunk(data)
