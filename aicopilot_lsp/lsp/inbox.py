"""Messages that were read and wait for their turn.

Bytes become messages here, and messages are delivered in order, for at most five milliseconds in
one go: work that was started must be able to go on while a client sends hundreds of edits. A cancel
overtakes: a request that is still waiting when its cancel is read is delivered as cancelled and
never starts. A batch is delivered as the messages that it holds, whose answers go back together.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from aicopilot_lsp.lsp.framing import Fault, FrameDecoder
from aicopilot_lsp.lsp.ledger import BatchAnswers, Send
from aicopilot_lsp.lsp.messages import (
    Batch,
    Invalid,
    Message,
    MessageId,
    Notification,
    ParseError,
    Request,
    Unreadable,
    decode,
)

CANCEL = "$/cancelRequest"
_SLICE_S = 0.005
_CALM = 256  # messages waiting, above which no more bytes are asked for


@dataclass(slots=True, eq=False)
class _Waiting:
    message: Message
    reply: Send
    cancelled: bool = False


class Inbox:
    """Between the transport and dispatch; owned by the event loop.

    Parameters
    ----------
    deliver : called with each message, what its answer is sent with, and whether its cancel has
        been read already
    reply : sends an answer
    more : called once for each chunk, when it is time for the next
    """

    def __init__(
        self,
        *,
        deliver: Callable[[Message, Send, bool], None],
        reply: Send,
        more: Callable[[], None],
    ) -> None:
        self._deliver = deliver
        self._reply = reply
        self._more = more
        self._decoder = FrameDecoder()
        self._queue: deque[_Waiting] = deque()
        self._requests: dict[MessageId, _Waiting] = {}
        self._chunks_owed = 0
        self._pumping = False

    @property
    def in_frame(self) -> bool:
        return self._decoder.in_frame

    def feed(self, chunk: bytes) -> None:
        """Take in what was read, and deliver what is complete."""
        self._decoder.feed(chunk)
        self._chunks_owed += 1
        while (found := self._decoder.next()) is not None:
            if isinstance(found, Fault):
                self._enqueue(Unreadable(found.reason), self._reply)
                continue
            try:
                message = decode(found.body)
            except ParseError as error:
                self._decoder.recover(found.body)
                message = Unreadable(f"a message that is {error}")
            if isinstance(message, Batch):
                self._enqueue_all(message)
            else:
                self._enqueue(message, self._reply)
        if not self._pumping:
            self._pump()

    def at_end(self, call: Callable[[], None]) -> None:
        """Have `call` called when all that was read has been delivered."""
        if self._pumping:
            asyncio.get_running_loop().call_soon(self.at_end, call)
        else:
            call()

    def _enqueue_all(self, batch: Batch) -> None:
        expected = sum(isinstance(item, Request | Invalid) for item in batch.items)
        answers = BatchAnswers(expected, self._reply)
        for item in batch.items:
            self._enqueue(item, answers.add)

    def _enqueue(self, message: Message, reply: Send) -> None:
        entry = _Waiting(message, reply)
        if isinstance(message, Notification) and message.method == CANCEL:
            message_id = cancelled_id(message)
            if message_id is not None and message_id in self._requests:
                self._requests[message_id].cancelled = True
                return
        elif isinstance(message, Request):
            self._requests[message.id] = entry
        self._queue.append(entry)

    def _pump(self) -> None:
        deadline = time.monotonic() + _SLICE_S
        while self._queue:
            entry = self._queue.popleft()
            message = entry.message
            if isinstance(message, Request) and self._requests.get(message.id) is entry:
                del self._requests[message.id]
            self._deliver(message, entry.reply, entry.cancelled)
            if time.monotonic() >= deadline:
                break
        if len(self._queue) < _CALM:
            for _ in range(self._chunks_owed):
                self._more()
            self._chunks_owed = 0
        self._pumping = bool(self._queue)
        if self._pumping:
            asyncio.get_running_loop().call_soon(self._pump)


def cancelled_id(message: Notification) -> MessageId:
    """The id that a cancel names; None where it names none."""
    params = message.params
    found = params.get("id") if isinstance(params, dict) else None
    is_id = isinstance(found, str | int | float) and not isinstance(found, bool)
    return found if is_id else None
