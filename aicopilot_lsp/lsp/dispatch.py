"""What happens to one message, from the moment it is read to its answer.

A handler is called in the turn in which its message is delivered and takes there what it needs of
the live state. What it returns is the answer; where that is a coroutine, it runs as a task of its
own, which a cancel ends. Whatever goes wrong, a request is answered (ledger.py), the client sees no
traceback or path, and the user sees nothing: errors go to the log.
"""

import asyncio
import inspect
import logging
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Protocol

from aicopilot_lsp.lsp.inbox import CANCEL, cancelled_id
from aicopilot_lsp.lsp.ledger import ErrorCode, Ledger, Send, Ticket
from aicopilot_lsp.lsp.messages import (
    Invalid,
    Message,
    Notification,
    Request,
    Response,
    Unreadable,
    is_edit,
)
from aicopilot_lsp.lsp.params import InvalidParamsError

_log = logging.getLogger(__name__)

_MAX_REMEMBERED = 200  # things logged once
_METHOD = re.compile(r"[\w$/.-]+", re.ASCII)


class Phase(Enum):
    """Where a session stands; the specification allows other messages in each."""

    CREATED = "created"  # waits for `initialize`
    RUNNING = "running"
    SHUT_DOWN = "shut down"  # waits for `exit`
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Handler:
    """How one method is handled.

    Attributes
    ----------
    run : called with the params as read; gives the result, or a coroutine that does
    read : turns plain JSON into what `run` takes; raises InvalidParamsError
    request_only : it makes no sense as a notification, and is ignored as one
    """

    run: Callable[[Any], Any]
    read: Callable[[Any], Any]
    request_only: bool = False


class Peer(Protocol):
    """What dispatch needs of the sending side (protocol.Protocol)."""

    def send_body(self, body: bytes, /) -> None: ...
    def plain(self, value: Any, /) -> Any: ...
    def settle(self, response: Response, /) -> None: ...


class Dispatcher:
    """Owned by the event loop.

    Parameters
    ----------
    handlers : by method, requests and notifications alike
    lost : called when a message was lost that may have been an edit, with its params if known
    ended : called once with the process's exit code
    """

    def __init__(
        self,
        peer: Peer,
        handlers: Mapping[str, Handler],
        *,
        lost: Callable[[Any], None],
        ended: Callable[[int], None],
    ) -> None:
        self.phase = Phase.CREATED
        self._peer = peer
        self._handlers = handlers
        self._lost = lost
        self._ended = ended
        self._ledger = Ledger()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._logged: set[str] = set()

    def deliver(
        self,
        message: Message,
        reply: Send,
        cancelled: bool = False,  # noqa: FBT001, FBT002 - a callback
    ) -> None:
        """Handle the next message; `cancelled` when its cancel has been read already."""
        if self.phase is Phase.ENDED:
            return
        match message:
            case Request():
                self._on_request(message, reply, cancelled=cancelled)
            case Notification():
                self._on_notification(message)
            case Response():
                self._peer.settle(message)
            case Invalid():
                self._on_invalid(message, reply)
            case Unreadable():
                self._once(f"Could not read {message.reason}.")
                self._lost(None)
                refusal = "The message could not be read."
                _ticket(reply).fail(ErrorCode.PARSE_ERROR, refusal)

    def end(self, code: int) -> None:
        """Stop: nothing is answered any more, and all work ends."""
        if self.phase is Phase.ENDED:
            return
        self.phase = Phase.ENDED
        for task in list(self._tasks):
            task.cancel()
        self._ended(code)

    async def settled(self) -> None:
        """Wait until the work that was stopped has unwound."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _on_request(self, message: Request, send: Send, *, cancelled: bool) -> None:
        taken = self._ledger.is_taken(message.id)
        ticket = self._ledger.open(message.id, send)
        if taken:
            ticket.fail(ErrorCode.INVALID_REQUEST, "The id is in use by a request in flight.")
        elif cancelled:
            ticket.cancel()
        elif (refusal := self._refusal(message.method)) is not None:
            ticket.fail(*refusal)
        elif message.method == "shutdown":
            self._shut_down(ticket)
        elif (handler := self._handlers.get(message.method)) is None:
            ticket.fail(ErrorCode.METHOD_NOT_FOUND, "There is no such method.")
        else:
            self._start(ticket, handler, message)

    def _refusal(self, method: str) -> tuple[ErrorCode, str] | None:
        if self.phase is Phase.CREATED and method != "initialize":
            return ErrorCode.SERVER_NOT_INITIALIZED, "The server waits for initialize."
        if self.phase is Phase.SHUT_DOWN:
            return ErrorCode.INVALID_REQUEST, "The server was shut down."
        if self.phase is Phase.RUNNING and method == "initialize":
            return ErrorCode.INVALID_REQUEST, "The server was initialized before."
        return None

    def _start(self, ticket: Ticket, handler: Handler, message: Request) -> None:
        try:
            result = handler.run(handler.read(message.params))
        except InvalidParamsError:
            if is_edit(message.method):
                self._lost(message.params)
            ticket.fail(ErrorCode.INVALID_PARAMS, "The params are not what this method takes.")
            return
        except Exception as error:  # noqa: BLE001 - the request is answered, the server lives
            self._failed(ticket, error)
            return
        if message.method == "initialize":
            self.phase = Phase.RUNNING
        if inspect.iscoroutine(result):
            ticket.task = self._spawn(result, partial(self._finish, ticket))
        else:
            self._answer(ticket, result)

    def _finish(self, ticket: Ticket, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            ticket.cancel()
        elif isinstance(error := task.exception(), InvalidParamsError):
            ticket.fail(ErrorCode.INVALID_PARAMS, "The params are not what this method takes.")
        elif error is not None:
            self._failed(ticket, error)
        else:
            self._answer(ticket, task.result())

    def _answer(self, ticket: Ticket, result: Any) -> None:
        if self.phase is Phase.ENDED:
            return
        try:
            ticket.answer(self._peer.plain(result))
        except Exception as error:  # noqa: BLE001 - a result of ours that is no JSON
            self._failed(ticket, error)

    def _failed(self, ticket: Ticket, error: BaseException) -> None:
        _log.error("A request failed.", exc_info=error)
        ticket.fail(ErrorCode.INTERNAL_ERROR, "The server made a mistake; its log has the details.")

    def _on_notification(self, message: Notification) -> None:
        if message.method == "exit":
            self.end(0 if self.phase is Phase.SHUT_DOWN else 1)
        elif message.method == CANCEL:
            self._cancel(message)
        elif self.phase is not Phase.RUNNING:
            self._once(f"Ignored {_name(message)}: the session is {self.phase.value}.")
        elif (handler := self._handlers.get(message.method)) is None:
            if not message.method.startswith("$/"):  # those may be ignored, says LSP
                self._once(f"Ignored {_name(message)}: unknown notification.")
        elif handler.request_only:
            self._once(f"Ignored {_name(message)}: it has no id to be answered to.")
        else:
            self._notify(handler, message)

    def _notify(self, handler: Handler, message: Notification) -> None:
        try:
            result = handler.run(handler.read(message.params))
        except InvalidParamsError as error:
            self._once(f"Ignored {_name(message)}: its params are {error}.")
            if is_edit(message.method):
                self._lost(message.params)
            return
        except Exception as error:  # noqa: BLE001 - the server lives
            _log.error("A notification failed: %s", message.method, exc_info=error)
            return
        if inspect.iscoroutine(result):
            self._spawn(result, self._notified)

    def _notified(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("A notification failed.", exc_info=error)

    def _cancel(self, message: Notification) -> None:
        message_id = cancelled_id(message)
        ticket = None if message_id is None else self._ledger.find(message_id)
        if ticket is not None:  # an answered one is no longer there: nothing to cancel
            ticket.cancel()

    def _on_invalid(self, message: Invalid, send: Send) -> None:
        self._once(f"Refused a message: {message.reason}.")
        if message.may_be_edit:
            self._lost(message.params)
        _ticket(send, message.id).fail(
            ErrorCode.INVALID_REQUEST, f"Not a request object: {message.reason}."
        )

    def _shut_down(self, ticket: Ticket) -> None:
        self.phase = Phase.SHUT_DOWN
        for other in self._ledger.open_tickets():
            if other is not ticket:
                other.cancel()
        ticket.answer(None)

    def _spawn(
        self, work: Coroutine[Any, Any, Any], done: Callable[[asyncio.Task[Any]], None]
    ) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(done)
        return task

    def _once(self, text: str) -> None:
        if text not in self._logged and len(self._logged) < _MAX_REMEMBERED:
            self._logged.add(text)
            _log.warning("%s", text)


def _ticket(send: Send, message_id: Any = None) -> Ticket:
    """A ticket outside the ledger, for what can't be in flight."""
    return Ticket(message_id, send, lambda: None)


def _name(message: Notification) -> str:
    """The method's name for the log, if it is one and no piece of text that went astray (INV-7)."""
    return message.method[:80] if _METHOD.fullmatch(message.method) else "(odd name)"
