"""Connecting to a host by the addresses that it may stand for, for httpcore. Imports it: loaded at
the first call (connection.py).

The name is looked up here and nowhere else: httpcore is handed an address, while certificate and
Host header keep to the name.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore

from aicopilot_lsp.models.addresses import addresses_of

# RFC 8305, section 5: how long an attempt may take before the next address is tried beside it.
_STAGGER_S = 0.25

_Stream = httpcore.AsyncNetworkStream
_SocketOptions = Iterable[httpcore.SOCKET_OPTION] | None


class Dialler(httpcore.AsyncNetworkBackend):
    """A network backend as httpcore wants one.

    Parameters
    ----------
    where : str
        Scheme, host and port, for messages.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: _SocketOptions = None,
    ) -> _Stream:
        """Raises ModelError for a name that leads nowhere, or where none may lead; else as
        httpcore does."""
        addresses = await addresses_of(host, port, self._where)

        async def connect(address: str) -> _Stream:
            return await self._backend.connect_tcp(
                address, port, timeout, local_address, socket_options
            )

        return await first_of(addresses, connect)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        socket_options: _SocketOptions = None,
    ) -> _Stream:
        return await self._backend.connect_unix_socket(path, timeout, socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def first_of(
    addresses: Sequence[str],
    connect: Callable[[str], Awaitable[_Stream]],
    stagger_s: float = _STAGGER_S,
) -> _Stream:
    """The first of `addresses` that answers. Each is tried when the one before has failed or has
    not answered for `stagger_s`. Raises what the first attempt did when all have failed."""
    if len(addresses) == 1:
        return await connect(addresses[0])
    winner: asyncio.Future[_Stream] = asyncio.get_running_loop().create_future()
    attempts: list[asyncio.Task[None]] = []

    async def attempt(address: str) -> None:
        stream = await connect(address)
        if winner.done():
            await stream.aclose()
        else:
            winner.set_result(stream)

    try:
        for address in addresses:
            attempts.append(asyncio.create_task(attempt(address)))
            await _any({winner, *_pending(attempts)}, stagger_s)
            if winner.done():
                break
        while not winner.done() and (pending := _pending(attempts)):
            await _any({winner, *pending})
        if not winner.done():
            attempts[0].result()
        return winner.result()
    except asyncio.CancelledError:
        if winner.done() and not winner.cancelled():
            await winner.result().aclose()
        raise
    finally:
        winner.cancel()
        for task in attempts:
            task.cancel()
            task.add_done_callback(_retrieved)


async def _any(
    of: "set[asyncio.Future[_Stream] | asyncio.Task[None]]", wait_s: float | None = None
) -> None:
    await asyncio.wait(of, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)


def _pending(attempts: "list[asyncio.Task[None]]") -> "list[asyncio.Task[None]]":
    return [task for task in attempts if not task.done()]


def _retrieved(task: "asyncio.Task[None]") -> None:
    """What became of an attempt that lost is of no interest."""
    if not task.cancelled():
        task.exception()
