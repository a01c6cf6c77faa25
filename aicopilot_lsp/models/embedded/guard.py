"""What stands in front of llama.cpp on loopback: nobody gets past it without the random key.

Loopback is no boundary: any web page and any local user can connect. So each request, whatever its
path, needs the key, a Host header that names this address, and no Origin header; there is no CORS
answer of any kind (INV-10). Connections that have not shown the key are few and short, so that
they can't keep those out that have it. What passes is relayed to llama.cpp, whose own socket is in
a private directory; when the client leaves, the relayed connection is closed at once, which frees
its slot.
"""

import asyncio
import contextlib
import hmac
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h11

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.models.embedded.record import SHUTDOWN_PATH, STATUS_PATH, WAIT_PATH
from aicopilot_lsp.models.embedded.wire import (
    REQUEST_TIMEOUT_S,
    ClientConnection,
    Head,
    RefusedError,
)

MAX_CONNECTIONS = 64
# Connections without the key so far: the oldest of too many has to go, since a client of ours
# sends its first request as soon as it is connected.
MAX_STRANGERS = 32
STRANGER_TIMEOUT_S = 2.0
_READ_BYTES = 64 << 10
# Hop-by-hop headers are ours to set; CORS headers would let web pages in.
_DROPPED = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"server",
    )
)
_PASSED_ON = frozenset((b"content-type", b"accept"))

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Upstream:
    """How to reach llama.cpp."""

    connect: Callable[[], Awaitable[Streams]]
    key: Secret


class Guard:
    """The listener and what it has counted. Owned by one event loop.

    Parameters
    ----------
    upstream : future of Upstream
        Done when the model is loaded; requests wait for it. Its exception is answered with 503.
    status : callable
        What /aicopilot/status says besides what is counted here.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self,
        *,
        key: Secret,
        upstream: "asyncio.Future[Upstream]",
        status: Callable[[], Mapping[str, Any]],
        clock: Callable[[], float],
    ) -> None:
        self._key = f"Bearer {key.reveal()}".encode()
        self._upstream = upstream
        self._status = status
        self._clock = clock
        self._last_use = clock()
        self._hosts: frozenset[bytes] = frozenset()
        self._servers: list[asyncio.Server] = []
        self._strangers: dict[asyncio.Task[None], None] = {}  # in order of their coming
        self._connections: set[asyncio.Task[None]] = set()
        self.stopping = asyncio.Event()
        self.active = 0
        self.served = 0

    async def listen(self, socket: Path | None = None) -> int:
        """Listen on a free loopback port, which is returned, and on `socket`."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._servers.append(server)
        port = int(server.sockets[0].getsockname()[1])
        self._hosts = frozenset((f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()))
        if sys.platform != "win32" and socket is not None:
            self._servers.append(await asyncio.start_unix_server(self._accept, socket))
            socket.chmod(0o600)  # noqa: ASYNC240 - once, and at once
        return port

    async def aclose(self) -> None:
        """Stop listening and end what is under way."""
        for server in self._servers:
            server.close()
        tasks = (*self._strangers, *self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def idle_s(self) -> float:
        """Seconds since the model was last used; 0 while it is."""
        return 0.0 if self.active else self._clock() - self._last_use

    def touch(self) -> None:
        """Count idle time from now: the model has just been loaded."""
        self._last_use = self._clock()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs us in one
        if len(self._strangers) >= MAX_STRANGERS:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            oldest.cancel()
        self._strangers[task] = None
        client = ClientConnection(reader, writer)
        try:
            await self._serve(client, task)
        except (OSError, asyncio.CancelledError, h11.LocalProtocolError):
            client.abort()  # the client is gone, or has to go
        finally:
            self._strangers.pop(task, None)
            self._connections.discard(task)
            with contextlib.suppress(asyncio.CancelledError):
                await client.close()

    async def _serve(self, client: ClientConnection, task: "asyncio.Task[None]") -> None:
        try:
            while True:
                known = task in self._connections
                async with asyncio.timeout(REQUEST_TIMEOUT_S if known else STRANGER_TIMEOUT_S):
                    head = await client.next_head()
                if head is None:
                    return
                self._check(head)
                self._admit(task)
                async with asyncio.timeout(REQUEST_TIMEOUT_S):
                    body = await client.body(head)
                await self._while_client_waits(client, self._answer(client, head, body))
                if self.stopping.is_set() or not client.next_cycle():
                    return
        except RefusedError as refusal:
            await client.refuse(refusal)

    def _admit(self, task: "asyncio.Task[None]") -> None:
        """Count a connection among those that have the key."""
        if task in self._connections:
            return
        if len(self._connections) >= MAX_CONNECTIONS:
            raise RefusedError(503, "Too many connections.", retry_after_s=1)
        self._strangers.pop(task, None)
        self._connections.add(task)

    def _check(self, head: Head) -> None:
        """Refuse whatever is not one of our own clients. Every path alike, /health included."""
        if head.method not in ("GET", "POST") or not head.target.startswith("/"):
            raise RefusedError(405, "Only GET and POST are served.")
        if head.values(b"origin"):
            raise RefusedError(403, "Web pages are not served.")
        hosts = head.values(b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise RefusedError(403, "The Host header does not name this server.")
        keys = head.values(b"authorization")
        if len(keys) != 1 or not hmac.compare_digest(keys[0], self._key):
            raise RefusedError(401, "The key is missing or wrong.")

    async def _while_client_waits(
        self, client: ClientConnection, answering: Awaitable[None]
    ) -> None:
        """Await `answering`, but drop it as soon as the client is gone."""
        answer = asyncio.ensure_future(answering)
        gone = asyncio.ensure_future(client.gone())
        try:
            await asyncio.wait((answer, gone), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise ConnectionAbortedError
            answer.result()
        finally:
            answer.cancel()
            gone.cancel()
            await asyncio.gather(answer, gone, return_exceptions=True)

    async def _answer(self, client: ClientConnection, head: Head, body: bytes) -> None:
        if head.target in (STATUS_PATH, WAIT_PATH):
            if head.target == WAIT_PATH:
                await asyncio.wait((self._upstream,))
            await client.answer_json(200, {**self._status(), **self._counted()})
        elif head.target == SHUTDOWN_PATH and head.method == "POST":
            await client.answer_json(200, {"stopping": True})
            self.stopping.set()
        else:
            await self._use(client, head, body)

    def _counted(self) -> dict[str, Any]:
        return {
            "idle_s": round(self.idle_s(), 1),
            "active_requests": self.active,
            "requests_served": self.served,
        }

    async def _use(self, client: ClientConnection, head: Head, body: bytes) -> None:
        """Relay one request; looking (GET) does not count as use, so a monitor can't keep the
        model in memory."""
        using = head.method == "POST"
        self.active += using
        try:
            await asyncio.wait((self._upstream,))
            if self._upstream.cancelled() or self._upstream.exception():
                raise RefusedError(503, "The model could not be loaded.", retry_after_s=5)
            await self._relay(self._upstream.result(), client, head, body)
        finally:
            self.active -= using
            if using:
                self.served += 1
                self._last_use = self._clock()

    async def _relay(
        self, upstream: Upstream, client: ClientConnection, head: Head, body: bytes
    ) -> None:
        """One exchange with llama.cpp over a connection of its own (a local connect takes well
        under 0.1 ms): closing it is how llama.cpp is told to stop, so it can't be shared."""
        try:
            reader, writer = await upstream.connect()
        except OSError as error:
            # The engine runs but its socket is gone (somebody cleaned up /tmp): a new process
            # mends that, and the client asks again by itself.
            self.stopping.set()
            raise ConnectionAbortedError("llama.cpp can't be reached") from error
        try:
            http = h11.Connection(h11.CLIENT)
            writer.write(_request_bytes(http, upstream, head, body))
            await writer.drain()
            response = await _next_event(http, reader)
            while isinstance(response, h11.InformationalResponse):
                response = await _next_event(http, reader)
            await client.start_answer(response.status_code, _answer_headers(response))
            while isinstance(event := await _next_event(http, reader), h11.Data):
                await client.send_data(bytes(event.data))
            await client.end_answer()
        except h11.RemoteProtocolError as error:
            raise ConnectionAbortedError("llama.cpp broke off") from error
        finally:
            writer.transport.abort()


def _request_bytes(http: h11.Connection, upstream: Upstream, head: Head, body: bytes) -> bytes:
    headers = [(name, value) for name, value in head.headers if name in _PASSED_ON]
    headers += [
        (b"Host", b"localhost"),
        (b"Authorization", f"Bearer {upstream.key.reveal()}".encode()),
        (b"Content-Length", str(len(body)).encode()),
        (b"Connection", b"close"),
    ]
    events: tuple[h11.Event, ...] = (
        h11.Request(method=head.method, target=head.target, headers=headers),
        *((h11.Data(data=body),) if body else ()),
        h11.EndOfMessage(),
    )
    return b"".join(http.send(event) or b"" for event in events)


async def _next_event(http: h11.Connection, reader: asyncio.StreamReader) -> Any:
    while (event := http.next_event()) is h11.NEED_DATA:
        http.receive_data(await reader.read(_READ_BYTES))
    return event


def _answer_headers(response: h11.Response) -> list[tuple[bytes, bytes]]:
    return [
        (name, value)
        for name, value in response.headers
        if name not in _DROPPED and not name.startswith(b"access-control-")
    ]
