"""Every way a server can fail: the call ends in time, reads little, says what happened, and the
next good call works. Nothing of source, key or the server's words shows anywhere (INV-7).

"In time" is measured on a clock that computing does not move (tests/support/patient_loop.py): a
call waits for nothing beyond its deadline and 100 ms, on a busy machine as on an idle one.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.httpbackend import HttpBackend
from tests.models.contract import collect, request_for, text_of
from tests.support.fault_matrix import (
    PLACES,
    SUBJECTS,
    Subject,
    cell_of_fault,
    cell_of_place,
)
from tests.support.fault_server import FAULTS, FaultServer, closed_port, deaf_port
from tests.support.patient_loop import run
from tests.support.prompting import llamacpp_backend

_SOURCE = "canary_source"
_MARGIN_S = 0.1


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


async def fails(endpoint: Endpoint, *, deadline_s: float = 0.2) -> ModelError:
    backend = backend_at(endpoint)
    try:
        return await failure(backend, deadline_s)
    finally:
        await backend.aclose()


def backend_at(endpoint: Endpoint) -> HttpBackend:
    async def locate() -> Endpoint:
        return endpoint

    return llamacpp_backend(locate)


async def failure(backend: HttpBackend, deadline_s: float) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await collect(backend, request_for(_SOURCE, deadline_s=deadline_s))
    return caught.value


def test_there_are_at_least_forty_faults() -> None:
    assert len(FAULTS) + len(PLACES) >= 40


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_in_time_in_its_kind_and_the_next_call_works(
    name: str, subject: Subject
) -> None:
    cell = cell_of_fault(subject, name)
    assert cell is None or not cell.wrong


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
@pytest.mark.parametrize("name", PLACES)
def test_a_server_that_cannot_be_reached_is_told_in_time(name: str, subject: Subject) -> None:
    assert not cell_of_place(subject, name).wrong


@pytest.mark.parametrize("name", ["an_error_whose_body_hangs", "drips_the_body"])
def test_no_deadline_is_too_short_to_be_kept(name: str) -> None:
    async def scenario() -> float:
        async with FaultServer() as server:
            server.fault = name
            began_s = asyncio.get_running_loop().time()
            await fails(Endpoint(base_url=server.url), deadline_s=0.05)
            return asyncio.get_running_loop().time() - began_s

    assert run(scenario()) <= 0.05 + _MARGIN_S


async def test_a_refused_connection_is_unreachable() -> None:
    with closed_port() as url:
        error = await fails(Endpoint(base_url=url))
    assert error.kind is ModelErrorKind.UNREACHABLE
    assert "nothing listens there" in str(error)


async def test_a_connection_that_is_never_accepted_times_out() -> None:
    async with deaf_port() as url:
        error = await fails(Endpoint(base_url=url))
    assert error.kind is ModelErrorKind.TIMEOUT


async def test_an_unknown_host_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    error = await fails(Endpoint(base_url="http://models.example"))
    assert error.kind is ModelErrorKind.UNREACHABLE
    assert "its name is not known" in str(error)


async def test_a_server_without_tls_is_unreachable_over_https(server: FaultServer) -> None:
    server.fault = "noise"
    url = server.url.replace("http:", "https:")
    error = await fails(Endpoint(base_url=url), deadline_s=30.0)
    assert error.kind is ModelErrorKind.UNREACHABLE
    assert "does not speak https" in str(error)


async def test_a_call_that_ends_in_the_tls_handshake_leaves_no_connection(
    server: FaultServer,
) -> None:
    server.fault = "hangs_before_the_head"
    url = server.url.replace("http:", "https:")
    error = await fails(Endpoint(base_url=url))
    assert error.kind is ModelErrorKind.TIMEOUT
    await server.idle()


async def test_a_missing_unix_socket_is_unreachable(tmp_path: Path) -> None:
    path = tmp_path / "none"
    error = await fails(Endpoint(base_url="http://localhost", uds=path), deadline_s=30.0)
    assert error.kind is ModelErrorKind.UNREACHABLE
    assert "the socket does not exist" in str(error)


async def test_proxy_variables_are_not_followed(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    backend = backend_at(Endpoint(base_url=server.url))
    assert text_of(await collect(backend, request_for())) == "fine"
    assert backend.contacted() == (server.url,)
    await backend.aclose()
