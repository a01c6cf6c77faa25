"""The transport: cancelling at any moment leaves nothing behind, and nothing is loaded early."""

import asyncio
import random
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.http import Deadline, Transport, contacted, encode_json
from aicopilot_lsp.models.httpbackend import HttpBackend
from tests.models.contract import collect, request_for, text_of
from tests.support.prompting import llamacpp_backend
from tests.support.scripted_llamacpp import ScriptedLlamaCpp

# Turns of the loop in which a cancelled call must be closed, at both ends.
_TURNS = 20


def backend_at(url: str, **more: object) -> HttpBackend:
    async def locate() -> Endpoint:
        return Endpoint(base_url=url, **more)  # type: ignore[arg-type]

    return llamacpp_backend(locate)


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def sockets_to(port: int) -> int:
    connections = psutil.Process().net_connections("tcp")
    return sum(1 for one in connections if one.raddr and one.raddr.port == port)


@pytest.mark.parametrize("seed", range(4))
async def test_250_cancels_at_random_moments_leave_no_task_and_no_socket(seed: int) -> None:
    rng = random.Random(seed)
    async with ScriptedLlamaCpp() as server:
        server.answer("a b c d e f g h")
        backend = backend_at(server.url)
        await collect(backend, request_for())  # what is loaded once is loaded
        await turns(_TURNS)
        tasks_before = len(asyncio.all_tasks())
        for _ in range(250):
            task = asyncio.create_task(collect(backend, request_for()))
            await turns(rng.randrange(60))
            task.cancel()
            if rng.random() < 0.3:
                # A second cancel may hit the closing itself.
                await turns(rng.randrange(4))
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert text_of(await collect(backend, request_for()))
        await turns(_TURNS)
        # One is kept for the next call.
        assert sockets_to(server.port) == 1
        assert len(asyncio.all_tasks()) == tasks_before
        await backend.aclose()
        await turns(_TURNS)
        assert sockets_to(server.port) == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_cancelled_call_is_closed_within_some_turns_of_the_loop() -> None:
    async with ScriptedLlamaCpp() as server:
        backend = backend_at(server.url)
        server.hold(after_tokens=1)
        task = asyncio.create_task(collect(backend, request_for()))
        request = await server.next_completion()
        task.cancel()
        await turns(_TURNS)
        assert task.done()
        assert request.client_gone.is_set()
        await backend.aclose()


async def test_a_generator_may_be_closed_from_another_task() -> None:
    async with ScriptedLlamaCpp() as server:
        server.hold(after_tokens=1)
        backend = backend_at(server.url)
        stream = backend.generate(request_for())
        await asyncio.create_task(anext(stream))
        request = await server.next_completion()
        await asyncio.create_task(stream.aclose())
        await request.client_gone.wait()
        await backend.aclose()


async def test_a_deadline_never_cancels_the_code_that_uses_the_stream() -> None:
    async with ScriptedLlamaCpp() as server:
        server.answer("a b c")
        backend = backend_at(server.url)
        with pytest.raises(ModelError) as caught:
            async with aclosing(backend.generate(request_for(deadline_s=0.3))) as stream:
                await anext(stream)
                server.hold(after_tokens=1)
                # Longer than the deadline, in the caller's own code.
                await asyncio.to_thread(asyncio.run, asyncio.sleep(0.4))
                async for _ in stream:
                    pass
        assert caught.value.kind is ModelErrorKind.TIMEOUT
        await backend.aclose()


async def test_a_connection_that_the_server_closed_meanwhile_is_replaced() -> None:
    async with ScriptedLlamaCpp() as server:
        backend = backend_at(server.url)
        await collect(backend, request_for())
        await server.hang_up()
        assert text_of(await collect(backend, request_for()))
        await backend.aclose()


async def test_a_unix_socket_takes_the_place_of_the_host(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with ScriptedLlamaCpp(key="k", uds=path) as server:
        server.answer("a")
        backend = backend_at("http://localhost", uds=path, key=Secret("k"))
        assert text_of(await collect(backend, request_for())) == "a"
        assert (await backend.describe()).endpoint == f"unix:{path}"
        assert backend.contacted() == (f"unix:{path}",)
        await backend.aclose()


async def test_every_server_contacted_is_recorded() -> None:
    async with ScriptedLlamaCpp() as server:
        transport = Transport()
        endpoint = Endpoint(base_url=server.url)
        assert transport.contacted() == ()
        for _ in range(2):
            await transport.fetch_json(endpoint, "/props", deadline=Deadline(10))
        assert transport.contacted() == (server.url,)
        assert server.url in contacted()
        await transport.aclose()


async def test_headers_say_who_asks_and_ask_for_plain_bytes() -> None:
    async with ScriptedLlamaCpp() as server:
        headers = {"X-Team": Secret("blue")}
        backend = backend_at(server.url, headers=headers)
        await collect(backend, request_for())
        sent = server.completions[0].headers
        assert sent["accept-encoding"] == "identity"
        assert sent["user-agent"].startswith("aicopilot-lsp/")
        assert sent["x-team"] == "blue"
        assert "authorization" not in sent
        await backend.aclose()


def test_a_lone_surrogate_is_sent_as_one_character() -> None:
    assert encode_json({"a": "x\ud800é"}) == '{"a":"x?é"}'.encode()


@pytest.mark.parametrize("module", ["protocol", "openai", "hosted", "http", "fim"])
def test_importing_the_room_loads_no_http_client(module: str) -> None:
    code = (
        f"import sys, aicopilot_lsp.models.{module}\n"
        "sys.exit(bool({'httpx', 'httpcore', 'anyio', 'truststore', 'keyring'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
