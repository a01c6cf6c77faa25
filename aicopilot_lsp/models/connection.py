"""One HTTP connection, over httpx; the only file that touches it. It is imported at the first call.

One httpx transport per connection and no pool: httpcore 1.0 keeps its books after a call in steps
that a cancelled task does not finish (4 in 100 calls cancelled at random moments stayed in its pool
with their sockets). So a connection whose answer was read to its end is used again, and any other
is thrown away whole. A bare transport also has no redirects, cookies, proxies or logging of URLs.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from aicopilot_lsp.errors import ModelError
from aicopilot_lsp.models import failures

if TYPE_CHECKING:
    import httpx

# llama.cpp closes idle connections after 5 s.
_KEEP_ALIVE_S = 4.0
_CONNECTS = ("connection.connect_tcp.started", "connection.connect_unix_socket.started")
_CONNECTED = ("connection.connect_tcp.complete", "connection.connect_unix_socket.complete")


async def load(*, secure: bool) -> ssl.SSLContext:
    """Import what connections need and read the certificates, off the loop (0.2 s and 0.05 s)."""
    return await asyncio.to_thread(_load, secure=secure)


class Connection:
    """Opened by its first request. One call at a time.

    Parameters
    ----------
    where : str
        Scheme, host and port, for messages.
    context : ssl.SSLContext
        From `load`.
    """

    def __init__(self, where: str, context: ssl.SSLContext, uds: str | None) -> None:
        import httpx

        self.where = where
        # Whether the current call opened the connection, and whether its answer was read whole.
        self.is_new = False
        self.is_reusable = False
        limits = httpx.Limits(max_connections=1, keepalive_expiry=_KEEP_ALIVE_S)
        self._transport = httpx.AsyncHTTPTransport(
            verify=context, trust_env=False, limits=limits, uds=uds
        )
        self._socket: Any = None

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> "httpx.Response":
        """Send a request; returns when the answer's head is there. Raises ModelError."""
        import httpx

        self.is_new = self.is_reusable = False
        request = httpx.Request(
            method, url, headers=headers, content=content, extensions={"trace": self._trace}
        )
        try:
            return await self._transport.handle_async_request(request)
        except httpx.HTTPError as error:
            raise self._send_failure(error) from error

    async def chunk(self, response: "httpx.Response", chunks: AsyncIterator[bytes]) -> bytes:
        """The next of `chunks`, the body of `response`; b"" at its end. Raises ModelError."""
        import httpx

        try:
            async for data in chunks:
                if data:
                    return data
            await response.aclose()
        except httpx.HTTPError as error:
            if isinstance(error, httpx.RemoteProtocolError) and "closed" not in str(error):
                raise failures.bad_answer(self.where, "it is not HTTP") from error
            raise failures.broke_off(self.where) from error
        self.is_reusable = True
        return b""

    async def aclose(self) -> None:
        """Close it, at whatever point it is."""
        # httpcore forgets a socket when it is cancelled in the TLS handshake.
        if self._socket is not None:
            await self._socket.aclose()
        await self._transport.aclose()

    async def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What httpcore tells as it goes along."""
        if event in _CONNECTS:
            self.is_new = True
        elif event in _CONNECTED:
            self._socket = info["return_value"]

    def _send_failure(self, error: Exception) -> ModelError:
        import httpx

        match error:
            case httpx.ConnectError():
                return failures.connection_failed(self.where, _reason(error))
            case httpx.RemoteProtocolError() if "disconnected" in str(error):
                return failures.connection_failed(self.where, "it closed the connection")
            case httpx.RemoteProtocolError():
                return failures.bad_answer(self.where, "it is not HTTP")
            case httpx.LocalProtocolError() | httpx.UnsupportedProtocol():
                return failures.bad_answer(self.where, "the request could not be put in HTTP")
        return failures.connection_failed(self.where, "the connection was reset")


def _load(*, secure: bool) -> ssl.SSLContext:
    import httpx

    # What httpcore would load at the first connection, on the loop: 0.08 s.
    for name in ("anyio._backends._asyncio", "httpcore._backends.anyio"):
        import_module(name)
    # At DEBUG httpcore logs headers.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if secure:
        return httpx.create_ssl_context(trust_env=False)
    # Over plain http no certificate is checked, so none is loaded: this one would refuse all.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _reason(error: BaseException) -> str:
    """Why connecting failed, in our words where we know it."""
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
