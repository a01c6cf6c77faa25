"""The guard: nobody gets past it without the key, and a client that leaves frees the model."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.models.embedded import guard as guard_module
from aicopilot_lsp.models.embedded.guard import MAX_STRANGERS, Guard, Streams, Upstream
from aicopilot_lsp.models.embedded.wire import MAX_BODY_BYTES, MAX_HEAD_BYTES

KEY = "the-key"
INNER_KEY = "the-inner-key"


class Model:
    """A scripted llama.cpp: records requests, streams one piece, ends when it is told to."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, bytes]] = []
        self.asked = asyncio.Event()
        self.left = asyncio.Event()
        self.finish = asyncio.Event()
        self.breaks_off = False
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            ),
            0,
        )
        self.requests.append((head, await reader.readexactly(length)))
        writer.write(
            b"HTTP/1.1 200 OK\r\nServer: llama.cpp\r\nAccess-Control-Allow-Origin: *\r\n"
            b"Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"
        )
        self.asked.set()
        left = asyncio.ensure_future(reader.read())
        finish = asyncio.ensure_future(self.finish.wait())
        await asyncio.wait((left, finish), return_when=asyncio.FIRST_COMPLETED)
        if left.done():
            self.left.set()
        elif not self.breaks_off:
            writer.write(b"3\r\ntwo\r\n0\r\n\r\n")
        finish.cancel()
        left.cancel()
        await asyncio.gather(left, finish, return_exceptions=True)
        writer.close()

    async def connect(self) -> Streams:
        return await asyncio.open_connection("127.0.0.1", self.port)


class Setting:
    """A guard in front of a model, and raw bytes to speak to it with."""

    def __init__(self, guard: Guard, model: Model, port: int) -> None:
        self.guard, self.model, self.port = guard, model, port

    async def open(self) -> Streams:
        return await asyncio.open_connection("127.0.0.1", self.port)

    def request(self, method: str = "POST", path: str = "/completion", **changes: str) -> bytes:
        """A good request with a body of "{}"; `changes` replace headers, "" takes one out."""
        headers = {
            "Host": f"127.0.0.1:{self.port}",
            "Authorization": f"Bearer {KEY}",
            "Content-Length": "2" if method == "POST" else "0",
            **changes,
        }
        lines = [f"{name}: {value}" for name, value in headers.items() if value]
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()
        return head + (b"{}" if method == "POST" else b"")

    async def exchange(self, data: bytes) -> bytes:
        """Everything that comes back for `data` until the guard closes."""
        reader, writer = await self.open()
        writer.write(data)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer


@pytest.fixture
async def setting() -> AsyncIterator[Setting]:
    model = Model()
    server = await asyncio.start_server(model.handle, "127.0.0.1", 0)
    model.port = server.sockets[0].getsockname()[1]
    upstream: asyncio.Future[Upstream] = asyncio.get_running_loop().create_future()
    upstream.set_result(Upstream(model.connect, Secret(INNER_KEY)))
    guard = Guard(
        key=Secret(KEY), upstream=upstream, status=lambda: {"state": "ready"}, clock=lambda: 0.0
    )
    port = await guard.listen()
    yield Setting(guard, model, port)
    await guard.aclose()
    server.close()
    await server.wait_closed()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def test_a_request_with_the_key_is_relayed_and_its_answer_streamed(setting: Setting) -> None:
    setting.model.finish.set()
    answer = await setting.exchange(setting.request(Connection="close"))
    assert status_of(answer) == 200
    assert answer.count(b"one") == answer.count(b"two") == 1
    head, body = setting.model.requests[0]
    assert head.startswith(b"POST /completion HTTP/1.1")
    assert body == b"{}"


async def test_the_guards_key_stays_outside_and_the_models_key_inside(setting: Setting) -> None:
    setting.model.finish.set()
    answer = await setting.exchange(setting.request(Connection="close"))
    head, _ = setting.model.requests[0]
    assert KEY.encode() not in head.replace(INNER_KEY.encode(), b"")
    assert INNER_KEY.encode() in head
    assert INNER_KEY.encode() not in answer


async def test_no_cors_header_of_the_model_passes(setting: Setting) -> None:
    setting.model.finish.set()
    answer = await setting.exchange(setting.request(Connection="close"))
    assert b"access-control" not in answer.lower()


@pytest.mark.parametrize("path", ["/health", "/completion", "/aicopilot/status", "/", "//health"])
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer the-key2"}, 401),
        ({"Authorization": "bearer the-key"}, 401),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": "localhost.evil.example:80"}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_what_is_not_our_own_client_is_refused_on_every_path(
    setting: Setting, path: str, changes: dict[str, str], status: int
) -> None:
    for method in ("GET", "POST"):
        answer = await setting.exchange(setting.request(method, path, **changes))
        assert status_of(answer) == status
        assert b"access-control" not in answer.lower()
    assert setting.model.requests == []


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "CONNECT", "TRACE", "HEAD"])
async def test_other_methods_are_refused(setting: Setting, method: str) -> None:
    assert status_of(await setting.exchange(setting.request(method))) == 405
    assert setting.model.requests == []


async def test_two_keys_or_two_hosts_are_refused(setting: Setting) -> None:
    good = setting.request()
    for extra in (b"Authorization: Bearer x\r\n", b"Host: evil.example\r\n"):
        first, rest = good.split(b"\r\n", 1)
        answer = await setting.exchange(first + b"\r\n" + extra + rest)
        assert status_of(answer) in (400, 401, 403)
    assert setting.model.requests == []


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"x" * (2 * MAX_HEAD_BYTES) + b"\r\n\r\n",
        b"x" * (2 * MAX_HEAD_BYTES),
    ],
)
async def test_what_is_no_request_gets_an_error_and_ends(setting: Setting, garbage: bytes) -> None:
    reader, writer = await setting.open()
    writer.write(garbage)
    writer.write_eof()
    answer = await reader.read()
    assert answer == b"" or status_of(answer) in (400, 431)
    writer.close()
    await writer.wait_closed()


async def test_a_declared_body_that_is_too_large_is_refused_before_it_is_read(
    setting: Setting,
) -> None:
    size = str(MAX_BODY_BYTES + 1)
    reader, writer = await setting.open()
    head, _, _ = setting.request(**{"Content-Length": size}).partition(b"{}")
    writer.write(head)
    assert status_of(await reader.readuntil(b"\r\n\r\n")) == 413
    writer.close()
    await writer.wait_closed()


async def test_a_chunked_body_that_grows_too_large_is_refused(setting: Setting) -> None:
    head = setting.request(**{"Content-Length": "", "Transfer-Encoding": "chunked"})[:-2]
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    answer = await setting.exchange(head + chunk * 5)
    assert status_of(answer) == 413
    assert setting.model.requests == []


async def test_a_chunked_body_reaches_the_model_in_one_piece(setting: Setting) -> None:
    setting.model.finish.set()
    head = setting.request(
        **{"Content-Length": "", "Transfer-Encoding": "chunked", "Connection": "close"}
    )[:-2]
    await setting.exchange(head + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    assert setting.model.requests[0][1] == b"{}"


async def test_a_request_may_come_split_at_any_byte(setting: Setting) -> None:
    setting.model.finish.set()
    request = setting.request(Connection="close")
    for cut in range(1, len(request)):
        reader, writer = await setting.open()
        writer.write(request[:cut])
        await writer.drain()
        await asyncio.sleep(0)
        writer.write(request[cut:])
        assert status_of(await reader.read()) == 200
        writer.close()
        await writer.wait_closed()
    assert {body for _, body in setting.model.requests} == {b"{}"}


async def test_pipelined_requests_are_answered_in_order(setting: Setting) -> None:
    setting.model.finish.set()
    data = setting.request() + setting.request("GET", "/aicopilot/status", Connection="close")
    answer = await setting.exchange(data)
    assert answer.index(b"two") < answer.index(b'"state": "ready"')


async def test_a_client_that_leaves_closes_the_models_connection(setting: Setting) -> None:
    reader, writer = await setting.open()
    writer.write(setting.request())
    await reader.readuntil(b"one")
    assert setting.guard.active == 1
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(5):
        await setting.model.left.wait()
    assert setting.guard.active == 0


async def test_an_answer_that_the_model_breaks_off_is_broken_off(setting: Setting) -> None:
    setting.model.breaks_off = True
    setting.model.finish.set()
    reader, writer = await setting.open()
    writer.write(setting.request())
    received = b""
    try:
        while block := await reader.read(1024):
            received += block
    except ConnectionResetError:
        pass
    assert b"0\r\n\r\n" not in received
    writer.close()


async def test_a_model_that_cannot_be_reached_ends_the_process(setting: Setting) -> None:
    setting.model.port = 1
    with suppress(ConnectionResetError):
        assert await setting.exchange(setting.request()) == b""
    assert setting.guard.stopping.is_set()


async def test_requests_wait_while_the_model_is_loaded() -> None:
    model = Model()
    model.finish.set()
    server = await asyncio.start_server(model.handle, "127.0.0.1", 0)
    model.port = server.sockets[0].getsockname()[1]
    upstream: asyncio.Future[Upstream] = asyncio.get_running_loop().create_future()
    state = {"state": "loading"}
    guard = Guard(key=Secret(KEY), upstream=upstream, status=lambda: state, clock=lambda: 0.0)
    setting = Setting(guard, model, await guard.listen())
    asked = setting.request("GET", "/aicopilot/status", Connection="close")
    waiting = asyncio.create_task(setting.exchange(setting.request(Connection="close")))
    assert b"loading" in await setting.exchange(asked)
    assert not waiting.done()
    state["state"] = "ready"
    upstream.set_result(Upstream(model.connect, Secret(INNER_KEY)))
    assert status_of(await waiting) == 200
    await guard.aclose()
    server.close()
    await server.wait_closed()


async def test_looking_is_not_using(setting: Setting) -> None:
    setting.model.finish.set()
    await setting.exchange(setting.request("GET", "/slots", Connection="close"))
    await setting.exchange(setting.request("GET", "/aicopilot/status", Connection="close"))
    assert setting.guard.served == 0
    await setting.exchange(setting.request(Connection="close"))
    assert setting.guard.served == 1


async def test_shutdown_needs_post_and_the_key(setting: Setting) -> None:
    path = "/aicopilot/shutdown"
    setting.model.finish.set()
    await setting.exchange(setting.request("GET", path, Connection="close"))
    await setting.exchange(setting.request("POST", path, Authorization=""))
    assert not setting.guard.stopping.is_set()
    answer = await setting.exchange(setting.request("POST", path))
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2]) == {"stopping": True}
    assert setting.guard.stopping.is_set()


async def test_idle_connections_without_the_key_shut_nobody_out(setting: Setting) -> None:
    setting.model.finish.set()
    idle = [await setting.open() for _ in range(3 * MAX_STRANGERS)]
    assert status_of(await setting.exchange(setting.request(Connection="close"))) == 200
    for _, writer in idle:
        writer.transport.abort()


async def test_a_connection_that_shows_no_key_is_closed_soon(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_module, "STRANGER_TIMEOUT_S", 0.01)
    reader, writer = await setting.open()
    writer.write(b"GET /health HTTP/1.1\r\n")
    with suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()


async def test_a_connection_with_the_key_outlives_the_limit_for_others(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_module, "STRANGER_TIMEOUT_S", 1.0)
    setting.model.finish.set()
    reader, writer = await setting.open()
    writer.write(setting.request())
    await reader.readuntil(b"0\r\n\r\n")
    idle = [await setting.open() for _ in range(2 * MAX_STRANGERS)]
    monkeypatch.setattr(guard_module, "STRANGER_TIMEOUT_S", 0.0)
    writer.write(setting.request())
    assert status_of(await reader.readuntil(b"0\r\n\r\n")) == 200
    for _, idler in [(reader, writer), *idle]:
        idler.transport.abort()


@pytest.mark.skipif(sys.platform == "win32", reason="no Unix sockets there")
async def test_the_socket_asks_for_the_key_as_well(setting: Setting, tmp_path: Path) -> None:
    path = tmp_path / "guard.sock"
    await setting.guard.listen(path)
    assert path.stat().st_mode & 0o777 == 0o600
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(setting.request(Authorization=""))
    assert status_of(await reader.readuntil(b"\r\n\r\n")) in (401, 403)
    writer.close()
