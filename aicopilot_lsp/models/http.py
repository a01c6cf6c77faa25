"""The one transport that every HTTP backend uses: deadlines, byte caps, one error tree.

Over httpx, which is imported at the first call. What httpx leaves open is closed here: its timeouts
are per read (a dripping server took 10 s with timeout=0.5), it accepts bodies of any size, and it
reads proxy variables. A call ends within its deadline, reads at most its cap, follows no redirect,
and raises ModelError alone. No path, header or body is logged or put in a message (INV-7).
"""

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from aicopilot_lsp import __version__
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models import failures
from aicopilot_lsp.models.endpoint import Endpoint

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

MAX_RESPONSE_BYTES = 8 << 20
# An error's body is only looked at for its type, and not waited for.
_MAX_ERROR_BYTES = 64 << 10
_ERROR_BODY_S = 0.5
# llama.cpp closes idle connections after 5 s.
_KEEP_ALIVE_S = 4.0
_CONNECTS = ("connection.connect_tcp.started", "connection.connect_unix_socket.started")
_CONNECTED = ("connection.connect_tcp.complete", "connection.connect_unix_socket.complete")

_hosts: dict[str, None] = {}


def contacted() -> tuple[str, ...]:
    """Every server that this process has tried to reach over HTTP, in order of first contact."""
    return tuple(_hosts)


class Deadline:
    """The end of a call, fixed when it begins. For use inside a running loop."""

    __slots__ = ("_at", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._at = asyncio.get_running_loop().time() + seconds

    async def wait(self, awaitable: Awaitable[T], where: str) -> T:
        """`awaitable`'s result. Raises ModelError TIMEOUT when the deadline comes first."""
        # Around single awaits, never around a yield: a timeout cancels the task that entered it,
        # and between two items of a generator that task is in its caller's code.
        try:
            async with asyncio.timeout_at(self._at):
                return await awaitable
        except TimeoutError as error:
            raise failures.timed_out(where, self.seconds) from error


class Reply:
    """A successful answer whose body is still to be read."""

    def __init__(
        self, response: "httpx.Response", where: str, deadline: Deadline, max_bytes: int
    ) -> None:
        self.where = where
        self.media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        self.bytes_read = 0
        self._response = response
        self._chunks = response.aiter_raw()
        self._deadline = deadline
        self._max_bytes = max_bytes

    async def chunk(self) -> bytes:
        """The next piece of the body; b"" at its end.

        Raises
        ------
        ModelError
            TIMEOUT, TOO_LARGE, INTERRUPTED or PROTOCOL.
        """
        try:
            data = await self._deadline.wait(anext(self._chunks, b""), self.where)
        except _httpx().HTTPError as error:
            raise _body_failure(self.where, error) from error
        self.bytes_read += len(data)
        if self.bytes_read > self._max_bytes:
            raise failures.too_large(self.where, self._max_bytes)
        return data

    async def body(self) -> bytes:
        """All of the body. Raises as `chunk` does."""
        parts = []
        while data := await self.chunk():
            parts.append(data)
        return b"".join(parts)

    async def aclose(self) -> None:
        """Close the connection, unless the whole body was read: then it is kept for the next."""
        try:
            await self._response.aclose()
        finally:
            await self._chunks.aclose()  # type: ignore[attr-defined]


class Transport:
    """Makes calls. One per backend, used from one event loop; holds the open connections."""

    def __init__(self, *, max_response_bytes: int = MAX_RESPONSE_BYTES) -> None:
        self._max_response_bytes = max_response_bytes
        self._clients: dict[tuple[bool, str | None], httpx.AsyncClient] = {}
        self._contacted: dict[str, None] = {}
        self._calls = 0
        self._closed = False

    def contacted(self) -> tuple[str, ...]:
        """Every server that this transport has tried to reach, in order of first contact."""
        return tuple(self._contacted)

    @asynccontextmanager
    async def open(
        self, endpoint: Endpoint, path: str, *, deadline: Deadline, body: Any = None
    ) -> AsyncIterator[Reply]:
        """Send a request (POST if there is a body, else GET) and give its answer to be read.

        Leaving the block before the body's end closes the connection, whatever the reason.

        Raises
        ------
        ModelError
            Any kind but NOT_CONFIGURED and NOT_INSTALLED.
        """
        where = endpoint.display
        self._check_open()
        self._calls += 1
        try:
            response = await self._send(endpoint, path, body, deadline)
            reply = Reply(response, where, deadline, self._max_response_bytes)
            try:
                if response.status_code != 200:
                    raise await _status_failure(response, where)
                _refuse_early(response, where, self._max_response_bytes)
                yield reply
            finally:
                await reply.aclose()
        finally:
            self._calls -= 1
            await self._close_if_done()

    async def fetch_json(
        self, endpoint: Endpoint, path: str, *, deadline: Deadline, body: Any = None
    ) -> dict[str, Any]:
        """The JSON object that a request is answered with. Raises as `open` does."""
        async with self.open(endpoint, path, deadline=deadline, body=body) as reply:
            return json_object(await reply.body(), reply.where)

    async def aclose(self) -> None:
        """Take no more calls; connections are closed at once, or when the last call has ended."""
        self._closed = True
        await self._close_if_done()

    async def _send(
        self, endpoint: Endpoint, path: str, body: Any, deadline: Deadline
    ) -> "httpx.Response":
        where = endpoint.display
        client = await deadline.wait(self._client(endpoint), where)
        _hosts[where] = self._contacted[where] = None
        while True:
            connection = _NewConnection()
            request = client.build_request(
                "GET" if body is None else "POST",
                endpoint.base_url + path,
                content=None if body is None else encode_json(body),
                headers=_headers(endpoint),
                extensions={"trace": connection.trace},
            )
            try:
                return await deadline.wait(client.send(request, stream=True), where)
            except _httpx().HTTPError as error:
                failure = _send_failure(where, error)
                # The server may close a kept connection just when it is used again.
                if connection.begun or failure.kind is not ModelErrorKind.UNREACHABLE:
                    raise failure from error
            except BaseException:
                await connection.abandon()
                raise

    async def _client(self, endpoint: Endpoint) -> "httpx.AsyncClient":
        secure = urlsplit(endpoint.base_url).scheme == "https"
        key = (secure, str(endpoint.uds) if endpoint.uds is not None else None)
        if key not in self._clients:
            # In a thread: the imports take 0.1 s, reading the certificates 0.03 s.
            client = await asyncio.to_thread(_new_client, secure=secure, uds=key[1])
            self._clients.setdefault(key, client)
        return self._clients[key]

    async def _close_if_done(self) -> None:
        while self._closed and not self._calls and self._clients:
            _, client = self._clients.popitem()
            await client.aclose()

    def _check_open(self) -> None:
        if self._closed:
            raise failures.closed()


class _NewConnection:
    """Watches whether a call opens a connection, through httpcore's trace hook."""

    def __init__(self) -> None:
        self.begun = False
        self._stream: Any = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event in _CONNECTS:
            self.begun = True
        elif event in _CONNECTED:
            self._stream = info["return_value"]

    async def abandon(self) -> None:
        """Close it. httpcore 1.0 forgets a connection that is cancelled in the TLS handshake."""
        if self._stream is not None:
            await self._stream.aclose()


def encode_json(body: Any) -> bytes:
    """`body` as JSON. A lone surrogate, which UTF-8 doesn't have, becomes "?": lengths stay."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def json_object(text: str | bytes, where: str) -> dict[str, Any]:
    """`text` as a JSON object. Raises ModelError PROTOCOL when it isn't one."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        # `from None`: these exceptions hold the text.
        raise failures.bad_answer(where, "it is not JSON") from None
    if not isinstance(value, dict):
        raise failures.bad_answer(where, "it is not a JSON object")
    return value


def _httpx() -> Any:
    import httpx

    return httpx


def _new_client(*, secure: bool, uds: str | None) -> "httpx.AsyncClient":
    import httpx

    # What httpcore would load at the first connection, on the loop: 0.08 s.
    for name in ("anyio._backends._asyncio", "httpcore._backends.anyio"):
        import_module(name)

    # httpx logs URLs at INFO, httpcore logs headers at DEBUG.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Over plain http no certificate is checked, so none is loaded: with this context any would
    # be refused.
    context = httpx.create_ssl_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    limits = httpx.Limits(
        max_connections=None, max_keepalive_connections=2, keepalive_expiry=_KEEP_ALIVE_S
    )
    return httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(
            verify=context, limits=limits, uds=uds, trust_env=False, retries=0
        ),
        timeout=None,  # noqa: S113 - Deadline ends every call
        follow_redirects=False,
        trust_env=False,
    )


def _headers(endpoint: Endpoint) -> dict[str, str]:
    headers = {
        "accept-encoding": "identity",
        "user-agent": f"aicopilot-lsp/{__version__}",
        "content-type": "application/json",
    }
    if endpoint.key is not None:
        headers["authorization"] = f"Bearer {endpoint.key.reveal()}"
    headers.update((name.lower(), value.reveal()) for name, value in endpoint.headers.items())
    return headers


def _refuse_early(response: "httpx.Response", where: str, max_bytes: int) -> None:
    """Refuse from the headers what would be refused while reading."""
    # None was asked for; a packed answer may unfold to any size.
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise failures.bad_answer(where, "it is compressed, which was not asked for")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > max_bytes:
        raise failures.too_large(where, max_bytes)


async def _status_failure(response: "httpx.Response", where: str) -> ModelError:
    """The failure that a status tells; the body's error type refines it, if it comes soon."""
    reply = Reply(response, where, Deadline(_ERROR_BODY_S), _MAX_ERROR_BYTES)
    error: Mapping[str, Any] | None = None
    if response.status_code >= 400:
        try:
            found = json_object(await reply.body(), where).get("error")
        except ModelError:
            found = None
        error = found if isinstance(found, Mapping) else None
    retry_after = response.headers.get("retry-after")
    return failures.from_status(where, response.status_code, retry_after, error)


def _send_failure(where: str, error: Exception) -> ModelError:
    """For what went wrong before the answer's head was there."""
    httpx = _httpx()
    match error:
        case httpx.ConnectError():
            return failures.connection_failed(where, _reason(error))
        case httpx.RemoteProtocolError() if "disconnected" in str(error):
            return failures.connection_failed(where, "it closed the connection")
        case httpx.RemoteProtocolError():
            return failures.bad_answer(where, "it is not HTTP")
        case httpx.LocalProtocolError() | httpx.UnsupportedProtocol():
            return failures.bad_answer(where, "the request could not be put in HTTP")
    return failures.connection_failed(where, "the connection was reset")


def _body_failure(where: str, error: Exception) -> ModelError:
    """For what went wrong after the head."""
    if isinstance(error, _httpx().RemoteProtocolError) and "closed" not in str(error):
        return failures.bad_answer(where, "it is not HTTP")
    return failures.broke_off(where)


def _reason(error: BaseException) -> str:
    """Why connecting failed, in our words where we know it."""
    import socket

    cause: BaseException | None = error
    while cause is not None:
        match cause:
            case socket.gaierror():
                return "its name is not known"
            case ssl.SSLCertVerificationError():
                return f"its certificate is not trusted: {cause.verify_message}"
            case ssl.SSLError():
                return "no secure connection could be made"
            case ConnectionRefusedError():
                return "nothing listens there"
            case FileNotFoundError():
                return "the socket does not exist"
            case PermissionError():
                return "permission denied"
        cause = cause.__cause__ or cause.__context__
    return ""
