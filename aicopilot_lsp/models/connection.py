"""One HTTP connection, over httpcore (what httpx stands on), which is imported at the first call.

One pool per connection: httpcore 1.0 keeps its books after a call in steps that a cancelled task
does not finish (4 in 100 calls cancelled at random moments stayed in its pool with their sockets).
So a connection whose answer was read to its end is used again, and any other is thrown away whole.
It also has no redirects, cookies or logging of URLs, and lets us say where a name may lead: see
dialling.py. Whom to trust over https: certificates.py.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from aicopilot_lsp.config.urls import is_loopback
from aicopilot_lsp.errors import ModelError
from aicopilot_lsp.models import certificates, failures

# llama.cpp closes idle connections after 5 s.
_KEEP_ALIVE_S = 4.0
_CONNECTS = ("connection.connect_tcp.started", "connection.connect_unix_socket.started")
# What a URL may hold beside letters and digits: all else is written as %XX.
_URL_MARKS = "%/:?#[]@!$&'()*+,;=~"
_CONNECTED = ("connection.connect_tcp.complete", "connection.connect_unix_socket.complete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How to get to a server.

    Attributes
    ----------
    where : str
        Scheme, host and port, for messages.
    context : ssl.SSLContext
        Whom to trust, over https.
    ca_file : Path or None
        Where `context` was read from, for messages.
    uds : str or None
        A Unix-domain socket in place of the host.
    proxy : str or None
        An http:// proxy's URL to go through.
    """

    where: str
    context: ssl.SSLContext
    ca_file: Path | None = None
    uds: str | None = None
    proxy: str | None = None


async def route_to(
    base_url: str,
    where: str,
    *,
    ca_file: Path | None = None,
    uds: Path | None = None,
    proxy: str | None = None,
) -> Route:
    """Import what connections need and read the certificates, off the loop (0.2 s and 0.07 s at the
    first call). Raises ModelError when `ca_file` can't be used."""
    parts = urlsplit(base_url)
    secure = parts.scheme == "https"
    if is_loopback(parts.hostname or ""):
        proxy = None
    context = await asyncio.to_thread(_load, where, ca_file, secure=secure)
    uds_path = str(uds) if uds is not None else None
    return Route(where=where, context=context, ca_file=ca_file, uds=uds_path, proxy=proxy)


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer, and its body to be read.

    Attributes
    ----------
    headers : mapping
        Names in lower case; those sent more than once are joined by commas.
    """

    status: int
    headers: Mapping[str, str]
    body: AsyncIterator[bytes]


class Connection:
    """Opened by its first request. One call at a time."""

    def __init__(self, route: Route) -> None:
        import httpcore

        from aicopilot_lsp.models.dialling import Dialler

        self.where = route.where
        # Whether the current call opened the connection, and whether its answer was read whole.
        self.is_new = False
        self.is_reusable = False
        self._ca_file = route.ca_file
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=route.context,
            proxy=httpcore.Proxy(route.proxy) if route.proxy is not None else None,
            max_connections=1,
            keepalive_expiry=_KEEP_ALIVE_S,
            uds=route.uds,
            network_backend=Dialler(route.where),
        )
        self._response: Any = None
        self._socket: Any = None

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        """Send a request; returns when the answer's head is there. Raises ModelError."""
        import httpcore

        self.is_new = self.is_reusable = False
        own = {"host": urlsplit(url).netloc}
        if content:
            own["content-length"] = str(len(content))
        try:
            request = httpcore.Request(
                method,
                quote(url, safe=_URL_MARKS),
                headers=[*own.items(), *headers.items()],
                content=content,
                extensions={"trace": self._trace},
            )
            self._response = response = await self._pool.handle_async_request(request)
        except _httpcore_errors() as error:
            raise self._send_failure(error) from error
        assert isinstance(response.stream, AsyncIterable)  # noqa: S101 - for the type checker
        return Answer(response.status, _headers(response.headers), aiter(response.stream))

    async def chunk(self, answer: Answer) -> bytes:
        """The next piece of the answer's body; b"" at its end. Raises ModelError."""
        import httpcore

        try:
            async for data in answer.body:
                if data:
                    return data
            if self._response is not None:
                await self._response.aclose()
        except _httpcore_errors() as error:
            if isinstance(error, httpcore.RemoteProtocolError) and "closed" not in str(error):
                raise failures.bad_answer(self.where, "it is not HTTP") from error
            raise failures.broke_off(self.where) from error
        self.is_reusable = True
        return b""

    async def aclose(self) -> None:
        """Close it, at whatever point it is."""
        # httpcore forgets a socket when it is cancelled in the TLS handshake.
        if self._socket is not None:
            await self._socket.aclose()
        await self._pool.aclose()

    async def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What httpcore tells as it goes along."""
        if event in _CONNECTS:
            self.is_new = True
        elif event in _CONNECTED:
            self._socket = info["return_value"]

    def _send_failure(self, error: Exception) -> ModelError:
        import httpcore

        match error:
            case httpcore.ConnectError():
                return self._connect_failure(error)
            case httpcore.ProxyError():
                return failures.connection_failed(self.where, "the proxy does not let it through")
            case httpcore.RemoteProtocolError() if "disconnected" in str(error):
                return failures.hung_up(self.where, "it closed the connection")
            case httpcore.RemoteProtocolError():
                return failures.bad_answer(self.where, "it is not HTTP")
            case httpcore.LocalProtocolError() | httpcore.UnsupportedProtocol():
                return failures.bad_answer(self.where, "the request could not be put in HTTP")
        return failures.hung_up(self.where, "the connection was reset")

    def _connect_failure(self, error: BaseException) -> ModelError:
        """Why connecting failed, in our words where we know it."""
        cause: BaseException | None = error
        while cause is not None:
            match cause:
                case ssl.SSLCertVerificationError():
                    return certificates.untrusted(self.where, cause, self._ca_file)
                case ssl.SSLError():
                    return certificates.no_tls(self.where, cause)
                case ConnectionRefusedError():
                    return failures.connection_failed(self.where, "nothing listens there")
                case FileNotFoundError():
                    return failures.connection_failed(self.where, "the socket does not exist")
                case PermissionError():
                    return failures.connection_failed(self.where, "permission denied")
            cause = cause.__cause__ or cause.__context__
        return failures.connection_failed(self.where)


def _httpcore_errors() -> tuple[type[Exception], ...]:
    """All that httpcore raises on purpose; it has no common root."""
    import httpcore

    return (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.TimeoutException,
        httpcore.UnsupportedProtocol,
    )


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _load(where: str, ca_file: Path | None, *, secure: bool) -> ssl.SSLContext:
    # What httpcore would load at the first connection, on the loop: 0.08 s.
    for name in ("httpcore", "anyio._backends._asyncio", "aicopilot_lsp.models.dialling"):
        import_module(name)
    # At DEBUG httpcore logs headers.
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    return certificates.context_for(ca_file, where) if secure else certificates.plain_context()
