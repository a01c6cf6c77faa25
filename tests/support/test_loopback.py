"""Test servers leave no socket behind, whenever a client comes."""

import asyncio
import gc
import socket
import warnings
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from tests.support.fault_server import FaultServer
from tests.support.scripted_llamacpp import ScriptedLlamaCpp
from tests.support.services.base import Service


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("server", [FaultServer, ScriptedLlamaCpp, Service])
def test_a_connection_that_is_just_being_accepted_is_closed_with_the_server(
    server: Callable[[], AbstractAsyncContextManager[Any]], turns: int
) -> None:
    async def scenario(client: socket.socket) -> None:
        async with server() as running:
            client.connect(("127.0.0.1", int(running.url.rpartition(":")[2])))
            for _ in range(turns):
                await asyncio.sleep(0)

    with warnings.catch_warnings(record=True) as told, socket.socket() as client:
        warnings.simplefilter("always")
        asyncio.run(scenario(client))
        gc.collect()
    assert [str(one.message) for one in told] == []
