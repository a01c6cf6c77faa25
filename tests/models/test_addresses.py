"""Where a name may lead: what was checked is what is connected to, and a resolver is not believed
when it says that another machine is this one, or that credentials are to be had."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import httpcore
import pytest

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.addresses import fault_of
from aicopilot_lsp.models.dialling import first_of
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.http import Deadline, Transport
from tests.support.canary import new_key
from tests.support.scripted_llamacpp import ScriptedLlamaCpp

NAME = "model.example"


class Network:
    """A resolver whose answers are written by the test, and a list of what is connected to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[Sequence[str]] = []
        self.asked: list[str] = []
        self.connected: list[str] = []
        real = httpcore.AnyIOBackend.connect_tcp

        async def connect_tcp(
            backend: httpcore.AnyIOBackend, host: str, *args: Any
        ) -> httpcore.AsyncNetworkStream:
            self.connected.append(host)
            return await real(backend, host, *args)

        monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
        monkeypatch.setattr(socket, "getaddrinfo", self._getaddrinfo)

    def _getaddrinfo(self, host: str, port: int, *_: object, **__: object) -> list[Any]:
        self.asked.append(host)
        if not self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        answer = self.answers.pop(0)
        families = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in answer]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port))
            for family, address in zip(families, answer, strict=True)
        ]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    return Network(monkeypatch)


async def ask(url: str) -> dict[str, Any]:
    transport = Transport()
    try:
        endpoint = Endpoint(base_url=url, key=Secret(new_key()))
        return await transport.fetch_json(endpoint, "/props", deadline=Deadline(20))
    finally:
        await transport.aclose()


async def refusal(url: str) -> str:
    with pytest.raises(ModelError) as caught:
        await ask(url)
    assert caught.value.kind is ModelErrorKind.UNREACHABLE
    return str(caught.value)


async def test_a_name_is_looked_up_once_and_the_address_checked_is_the_one_connected_to(
    network: Network,
) -> None:
    async with ScriptedLlamaCpp() as server:
        # A rebinding resolver: good when it is checked, bad when it is used.
        network.answers = [["127.0.0.1"], ["169.254.169.254"]]
        await ask(f"http://{NAME}:{server.port}")
        assert network.asked == [NAME]
        assert network.connected == ["127.0.0.1"]
        assert server.requests[0].headers["host"] == f"{NAME}:{server.port}"
        said = await refusal(f"http://{NAME}:{server.port}")
        assert "link-local address, where clouds keep credentials" in said
        assert "write the address itself" in said
        assert network.connected == ["127.0.0.1"]


async def test_localhost_is_this_machine_whatever_the_resolver_says(network: Network) -> None:
    async with ScriptedLlamaCpp() as server:
        network.answers = [["203.0.113.7"]]
        await ask(f"http://localhost:{server.port}")
        assert network.asked == []
        assert set(network.connected) <= {"127.0.0.1", "::1"}
        assert len(server.requests) == 1


async def test_of_several_addresses_only_the_allowed_ones_are_tried(network: Network) -> None:
    async with ScriptedLlamaCpp() as server:
        network.answers = [["169.254.1.1", "fe80::1", "127.0.0.1", "127.0.0.1"]]
        await ask(f"http://{NAME}:{server.port}")
        assert network.connected == ["127.0.0.1"]


_FORBIDDEN = [
    "169.254.169.254",
    "169.254.0.1",
    "fe80::1",
    "febf::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fd20:ce::254",
    "100.100.100.200",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "0.0.0.0",
    "::",
    "::ffff:0.0.0.0",
    "224.0.0.1",
    "239.255.255.250",
    "ff02::1",
    "255.255.255.255",
]


@pytest.mark.parametrize("address", _FORBIDDEN)
async def test_no_name_leads_to_metadata_or_to_no_single_machine(
    network: Network, address: str
) -> None:
    network.answers = [[address]]
    assert "it leads to" in await refusal(f"http://{NAME}:1")
    assert network.connected == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.20", "8.8.8.8"])
def test_other_addresses_may_have_names(address: str) -> None:
    assert fault_of(address) is None


async def test_an_address_that_the_user_wrote_is_taken_at_its_word(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: object, host: str, *__: Any) -> httpcore.AsyncNetworkStream:
        network.connected.append(host)
        error = httpcore.ConnectError()
        error.__context__ = ConnectionRefusedError()
        raise error

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", refuse)
    for url in ("http://169.254.169.254", "http://[fe80::1]"):
        assert "nothing listens there" in await refusal(url)
    assert network.connected == ["169.254.169.254", "fe80::1"]
    assert network.asked == []


async def test_an_unknown_name_is_told(network: Network) -> None:
    assert "its name is not known" in await refusal(f"http://{NAME}:1")


async def test_a_server_on_the_second_address_is_found(network: Network) -> None:
    async with ScriptedLlamaCpp() as server:
        network.answers = [["127.0.0.2", "127.0.0.1"]]
        await ask(f"http://{NAME}:{server.port}")
        assert network.connected == ["127.0.0.2", "127.0.0.1"]


class Stream(httpcore.AsyncNetworkStream):
    def __init__(self) -> None:
        self.closed = False

    async def aclose(self) -> None:
        self.closed = True


class Dials:
    """Attempts that the test answers."""

    def __init__(self) -> None:
        self.open: dict[str, asyncio.Future[Stream]] = {}
        self.begun = asyncio.Condition()

    async def __call__(self, address: str) -> Stream:
        self.open[address] = asyncio.get_running_loop().create_future()
        async with self.begun:
            self.begun.notify_all()
        return await self.open[address]

    async def until(self, address: str) -> "asyncio.Future[Stream]":
        async with self.begun:
            await self.begun.wait_for(lambda: address in self.open)
        return self.open[address]


async def test_an_address_that_does_not_answer_does_not_hold_up_the_next() -> None:
    dials, stream = Dials(), Stream()
    task = asyncio.create_task(first_of(("a", "b"), dials, stagger_s=0.001))
    (await dials.until("b")).set_result(stream)
    assert await task is stream
    await asyncio.sleep(0)
    assert dials.open["a"].cancelled()


async def test_when_all_addresses_fail_the_first_failure_is_told() -> None:
    dials = Dials()
    task = asyncio.create_task(first_of(("a", "b"), dials, stagger_s=60))
    (await dials.until("a")).set_exception(ConnectionRefusedError())
    (await dials.until("b")).set_exception(PermissionError())
    with pytest.raises(ConnectionRefusedError):
        await task


async def test_a_slow_first_address_may_still_win() -> None:
    dials, stream = Dials(), Stream()
    task = asyncio.create_task(first_of(("a", "b"), dials, stagger_s=0.001))
    (await dials.until("b")).set_exception(ConnectionRefusedError())
    dials.open["a"].set_result(stream)
    assert await task is stream
    assert not stream.closed


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancel_at_any_moment_leaves_no_stream_open(turns: int) -> None:
    dials, stream = Dials(), Stream()
    task = asyncio.create_task(first_of(("a", "b"), dials, stagger_s=60))
    (await dials.until("a")).set_result(stream)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    try:
        kept = await task
    except asyncio.CancelledError:
        for _ in range(5):
            await asyncio.sleep(0)
        assert stream.closed
    else:
        assert kept is stream
