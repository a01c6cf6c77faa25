"""The one transport that every HTTP backend uses: deadlines, byte caps, one error tree.

What HTTP clients leave open is closed here: their timeouts are per read (a dripping server took
10 s with timeout=0.5) and they accept bodies of any size. A call ends within its deadline, reads at
most its cap, follows no redirect, goes through no proxy, and raises ModelError alone. No path,
header or body is logged or put in a message (INV-7). Next: connection.py.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, TypeVar

from aicopilot_lsp import __version__
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models import failures
from aicopilot_lsp.models.connection import Answer, Connection, Route, route_to
from aicopilot_lsp.models.endpoint import BEARER, Endpoint

T = TypeVar("T")

MAX_RESPONSE_BYTES = 8 << 20
# An error's body is only looked at for its type, and not waited for.
_MAX_ERROR_BYTES = 64 << 10
_ERROR_BODY_S = 0.5
_KEPT_CONNECTIONS = 2
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

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

    def within(self, seconds: float) -> "Deadline":
        """One that ends `seconds` from now, and not after this one."""
        left_s = self._at - asyncio.get_running_loop().time()
        return Deadline(max(0.0, min(seconds, left_s)))

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
        self, answer: Answer, source: Connection, deadline: Deadline, max_bytes: int
    ) -> None:
        self.where = source.where
        self.media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        self._answer = answer
        self._source = source
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._bytes_read = 0

    async def chunk(self) -> bytes:
        """The next piece of the body; b"" at its end.

        Raises
        ------
        ModelError
            TIMEOUT, TOO_LARGE, INTERRUPTED or PROTOCOL.
        """
        read = self._source.chunk(self._answer)
        data = await self._deadline.wait(read, self.where)
        self._bytes_read += len(data)
        if self._bytes_read > self._max_bytes:
            raise failures.too_large(self.where, self._max_bytes)
        return data

    async def body(self) -> bytes:
        """All of the body. Raises as `chunk` does."""
        parts = []
        while data := await self.chunk():
            parts.append(data)
        return b"".join(parts)


class Transport:
    """Makes calls. One per backend, used from one event loop; holds the open connections."""

    def __init__(self, *, max_response_bytes: int = MAX_RESPONSE_BYTES) -> None:
        self._max_response_bytes = max_response_bytes
        self._routes: dict[str, Route] = {}
        self._kept: list[Connection] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._contacted: dict[str, None] = {}
        self._closed = False

    def contacted(self) -> tuple[str, ...]:
        """Every server that this transport has tried to reach, in order of first contact."""
        return tuple(self._contacted)

    @asynccontextmanager
    async def open(
        self,
        endpoint: Endpoint,
        path: str,
        *,
        deadline: Deadline,
        body: Any = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> AsyncIterator[Reply]:
        """Send a request (POST if there is a body, else GET) and give its answer to be read.

        Leaving the block before the body's end closes the connection, whatever the reason.

        Raises
        ------
        ModelError
            Any kind but NOT_CONFIGURED and NOT_INSTALLED.
        """
        if self._closed:
            raise failures.closed()
        source = await self._connection(endpoint, deadline)
        try:
            sent_headers = {**headers, **_headers(endpoint)}
            response = await self._send(
                source, endpoint.base_url + path, sent_headers, body, deadline
            )
            if response.status != 200:
                failure = await _status_failure(response, source, deadline, endpoint)
                if failure.kind is ModelErrorKind.AUTH and endpoint.key_refused is not None:
                    endpoint.key_refused()
                raise failure
            _refuse_early(response, source.where, self._max_response_bytes)
            yield Reply(response, source, deadline, self._max_response_bytes)
        finally:
            await self._give_back(source)

    async def fetch_json(
        self, endpoint: Endpoint, path: str, *, deadline: Deadline, body: Any = None
    ) -> dict[str, Any]:
        """The JSON object that a request is answered with; an array as `{"items": array}`. Raises
        as `open` does."""
        async with self.open(endpoint, path, deadline=deadline, body=body) as reply:
            answer = await reply.body()
            if answer.lstrip()[:1] == b"[":
                answer = b'{"items":' + answer + b"}"
            return json_object(answer, reply.where)

    async def aclose(self) -> None:
        """Take no more calls. Those in flight go on; their connections close as they end."""
        self._closed = True
        while self._kept:
            self._close(self._kept.pop())
        await asyncio.gather(*self._closing)

    async def _connection(self, endpoint: Endpoint, deadline: Deadline) -> Connection:
        where = endpoint.display
        for kept in self._kept:
            if kept.where == where:
                self._kept.remove(kept)
                return kept
        route = self._routes.get(where)
        if route is None:
            loading = route_to(
                endpoint.base_url,
                where,
                ca_file=endpoint.ca_file,
                uds=endpoint.uds,
                proxy=endpoint.proxy,
            )
            route = await deadline.wait(loading, where)
            # A file that the user mended counts at once.
            if endpoint.ca_file is None:
                self._routes[where] = route
        return Connection(route)

    async def _send(
        self,
        source: Connection,
        url: str,
        headers: Mapping[str, str],
        body: Any,
        deadline: Deadline,
    ) -> Answer:
        _hosts[source.where] = self._contacted[source.where] = None
        method, content = ("GET", b"") if body is None else ("POST", encode_json(body))
        try:
            sent = source.send(method, url, headers, content)
            return await deadline.wait(sent, source.where)
        except ModelError as error:
            if source.is_new or error.kind is not ModelErrorKind.UNREACHABLE:
                raise
        # The server closed a kept connection just when it was used again: once more, on a new one.
        sent = source.send(method, url, headers, content)
        return await deadline.wait(sent, source.where)

    async def _give_back(self, source: Connection) -> None:
        """Keep a connection that can be used again, close any other."""
        if source.is_reusable and not self._closed:
            self._kept.append(source)
            if len(self._kept) <= _KEPT_CONNECTIONS:
                return
            source = self._kept.pop(0)
        # Whoever waits for this may be cancelled once more; the closing itself is not.
        await asyncio.shield(self._close(source))

    def _close(self, source: Connection) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(source.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return task


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


def _headers(endpoint: Endpoint) -> dict[str, str]:
    headers = {
        "accept-encoding": "identity",
        "user-agent": f"aicopilot-lsp/{__version__}",
        "content-type": "application/json",
    }
    if endpoint.key is not None:
        key = endpoint.key.reveal()
        headers[endpoint.key_header] = f"Bearer {key}" if endpoint.key_header == BEARER else key
    headers.update((name.lower(), value.reveal()) for name, value in endpoint.headers.items())
    return headers


def _refuse_early(response: Answer, where: str, max_bytes: int) -> None:
    """Refuse from the headers what would be refused while reading."""
    # None was asked for; a packed answer may unfold to any size.
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise failures.bad_answer(where, "it is compressed, which was not asked for")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > max_bytes:
        raise failures.too_large(where, max_bytes)


async def _status_failure(
    response: Answer, source: Connection, deadline: Deadline, endpoint: Endpoint
) -> ModelError:
    """The failure that a status tells; the body refines it, if it comes soon."""
    reply = Reply(response, source, deadline.within(_ERROR_BODY_S), _MAX_ERROR_BYTES)
    status, body = response.status, {}
    if status >= 400:
        try:
            body = json_object(await reply.body(), source.where)
        except ModelError:
            body = {}
    retry_after = response.headers.get("retry-after")
    reason = endpoint.explain(status, body) if endpoint.explain is not None else None
    if reason is not None:
        return failures.refused(source.where, reason, retry_after)
    error = body.get("error")
    error = error if isinstance(error, Mapping) else None
    return failures.from_status(source.where, status, retry_after, error, endpoint.server)
