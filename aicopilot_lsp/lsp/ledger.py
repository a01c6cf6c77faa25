"""Exactly one answer for each request (INV-3): this is the place that sees to it.

Every request that arrives gets a Ticket, and a Ticket sends once: whoever comes second (the result
of work whose cancellation was answered already, say) is told False and nothing is sent. A Ticket
that is dropped unanswered can't happen by design: dispatch answers on every path, and work that
ends in any way at all ends in its done callback.
"""

import asyncio
from collections.abc import Callable
from enum import IntEnum
from functools import partial
from typing import Any

from aicopilot_lsp.lsp.messages import MessageId, encode

Send = Callable[[bytes], None]


class ErrorCode(IntEnum):
    """The codes we send, by the names of JSON-RPC and LSP."""

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    SERVER_NOT_INITIALIZED = -32002
    REQUEST_CANCELLED = -32800


class Ticket:
    """The duty to answer one request."""

    __slots__ = ("_release", "_send", "answered", "id", "task")

    def __init__(self, message_id: MessageId, send: Send, release: Callable[[], object]) -> None:
        self.id = message_id
        self.task: asyncio.Task[Any] | None = None
        self.answered = False
        self._send = send
        self._release = release

    def answer(self, result: Any) -> bool:
        """Send a result (plain JSON); False when the request was answered before.

        Raises
        ------
        TypeError, ValueError
            The result is not JSON; the request is still unanswered.
        """
        return not self.answered and self._close({"result": result})

    def fail(self, code: ErrorCode, message: str) -> bool:
        """Send an error without data; False when the request was answered before.

        `message` is fixed text: it names nothing the client sent and no path of ours.
        """
        error = {"code": int(code), "message": message}
        return not self.answered and self._close({"error": error})

    def cancel(self) -> bool:
        """Answer that the request was cancelled, and stop its work. The answer does not wait for
        the work to unwind."""
        sent = self.fail(ErrorCode.REQUEST_CANCELLED, "The request was cancelled.")
        if self.task is not None:
            # After its first step, which may just have been read: what it is about is then known
            # to those who keep the records.
            self.task.get_loop().call_soon(self.task.cancel)
        return sent

    def _close(self, outcome: dict[str, Any]) -> bool:
        body = encode({"jsonrpc": "2.0", "id": self.id, **outcome})
        self.answered = True
        self._release()
        self._send(body)
        return True


class Ledger:
    """The requests that wait for an answer, by id."""

    def __init__(self) -> None:
        self._open: dict[MessageId, Ticket] = {}

    def open(self, message_id: MessageId, send: Send) -> Ticket:
        """A ticket for a request that has just been read.

        Where the id is in use by another request in flight, the ticket stands beside it and that
        other keeps its own; see `is_taken`.
        """
        if self.is_taken(message_id):
            return Ticket(message_id, send, _nothing)
        ticket = Ticket(message_id, send, partial(self._open.pop, message_id, None))
        self._open[message_id] = ticket
        return ticket

    def is_taken(self, message_id: MessageId) -> bool:
        return message_id in self._open

    def find(self, message_id: MessageId) -> Ticket | None:
        return self._open.get(message_id)

    def open_tickets(self) -> list[Ticket]:
        return list(self._open.values())


class BatchAnswers:
    """Collects the answers to one batch; sends them as one array when the last has come."""

    def __init__(self, expected: int, send: Send) -> None:
        self._missing = expected
        self._bodies: list[bytes] = []
        self._send = send

    def add(self, body: bytes) -> None:
        self._bodies.append(body)
        self._missing -= 1
        if self._missing == 0:
            self._send(b"[" + b",".join(self._bodies) + b"]")


def _nothing() -> None:
    pass
