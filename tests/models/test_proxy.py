"""A proxy is used where the settings name one, for that model only, and never for this machine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.http import Deadline, Transport
from tests.support.canary import new_key
from tests.support.scripted_llamacpp import ScriptedLlamaCpp
from tests.support.tls_server import TlsServer, context_of

NAME = "models.example"


@dataclass
class Proxy:
    """Sends every connection on to one port of this machine, whatever host was asked for."""

    port: int
    status: int = 200
    heads: list[bytes] = field(default_factory=list)
    url: str = ""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            if self.status != 200:
                writer.write(b"HTTP/1.1 %d No\r\ncontent-length: 0\r\n\r\n" % self.status)
                writer.close()
                return
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.port)
            if head.startswith(b"CONNECT "):
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                method, url, rest = head.split(b" ", 2)
                path = b"/" + url.split(b"/", 3)[3]
                to_writer.write(b" ".join((method, path, rest)))
            await asyncio.gather(_copy(reader, to_writer), _copy(to_reader, writer))
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def proxy_to(port: int, status: int = 200) -> AsyncIterator[Proxy]:
    proxy = Proxy(port, status)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
        proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield proxy
    await asyncio.gather(*proxy.tasks)  # the client has left, so they end


async def ask(endpoint: Endpoint) -> dict[str, object]:
    transport = Transport()
    try:
        return await transport.fetch_json(endpoint, "/props", deadline=Deadline(20))
    finally:
        await transport.aclose()


async def test_over_https_the_proxy_sees_the_host_and_nothing_else(tmp_path: Path) -> None:
    authority, key, ca_file = trustme.CA(), new_key(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    async with (
        TlsServer(context_of(authority.issue_cert(NAME))) as server,
        proxy_to(server.port) as proxy,
    ):
        endpoint = Endpoint(
            base_url=f"https://{NAME}", key=Secret(key), ca_file=ca_file, proxy=proxy.url
        )
        assert await ask(endpoint) == {"ok": True}
        assert server.requests[0].headers["authorization"] == f"Bearer {key}"
        assert server.requests[0].headers["host"] == NAME
        assert len(proxy.heads) == 1
        assert proxy.heads[0].startswith(b"CONNECT models.example:443 ")
        assert key.encode() not in proxy.heads[0]


async def test_over_plain_http_the_request_goes_through_the_proxy() -> None:
    async with ScriptedLlamaCpp() as server, proxy_to(server.port) as proxy:
        await ask(Endpoint(base_url=f"http://{NAME}:8080", proxy=proxy.url))
        assert proxy.heads[0].startswith(b"GET http://models.example:8080/props ")
        assert server.requests[0].headers["host"] == f"{NAME}:8080"


async def test_a_model_on_this_machine_never_goes_through_a_proxy() -> None:
    async with ScriptedLlamaCpp() as server, proxy_to(1) as proxy:
        await ask(Endpoint(base_url=server.url, proxy=proxy.url))
        await ask(Endpoint(base_url=f"http://localhost:{server.port}", proxy=proxy.url))
        assert proxy.heads == []


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedLlamaCpp() as server, proxy_to(1) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        await ask(Endpoint(base_url=server.url))
        assert proxy.heads == []


async def test_a_proxy_that_refuses_is_told_from_the_server() -> None:
    async with proxy_to(1, status=403) as proxy:
        with pytest.raises(ModelError, match="the proxy does not let it through") as caught:
            await ask(Endpoint(base_url=f"https://{NAME}", proxy=proxy.url))
        assert caught.value.kind is ModelErrorKind.UNREACHABLE
