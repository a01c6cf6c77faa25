"""The queue between reading and handling: order, overtaking cancels, and not too much ahead."""

import asyncio
import json
from typing import Any

import pytest

from aicopilot_lsp.lsp.framing import encode_frame
from aicopilot_lsp.lsp.inbox import Inbox
from aicopilot_lsp.lsp.ledger import Send
from aicopilot_lsp.lsp.messages import Message, Notification, Request, Unreadable
from tests.support.rpc_client import cancel, frame, notification, request


class Desk:
    """Takes what is delivered."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, bool]] = []
        self.asked_for_more = 0
        self.answers: list[bytes] = []
        self.replies: dict[Any, Send] = {}
        self.inbox = Inbox(deliver=self.deliver, reply=self.answers.append, more=self.more)

    def deliver(self, message: Message, reply: Send, cancelled: bool) -> None:
        match message:
            case Request():
                self.seen.append((message.id, cancelled))
                self.replies[message.id] = reply
            case Notification():
                self.seen.append((message.method, cancelled))
            case Unreadable():
                self.seen.append((message.reason, cancelled))

    def more(self) -> None:
        self.asked_for_more += 1

    async def finish(self) -> None:
        done = asyncio.Event()
        self.inbox.at_end(done.set)
        await done.wait()


async def test_messages_are_delivered_in_order_and_faults_among_them() -> None:
    desk = Desk()
    desk.inbox.feed(
        frame(request(1, "a")) + encode_frame(b"{") + frame(notification("n"))
        + b"Content-Length: -1\r\n\r\n" + frame(request(2, "a"))
    )  # fmt: skip
    await desk.finish()
    assert [what for what, _ in desk.seen] == [
        1, "a message that is not JSON", "n", "a Content-Length that is no number", 2
    ]  # fmt: skip


async def test_a_cancel_overtakes_what_waits_before_its_request() -> None:
    desk = Desk()
    messages = [request(1, "a"), request("1", "a"), cancel("1"), request("1", "a")]
    desk.inbox.feed(b"".join(map(frame, messages)))
    await desk.finish()
    assert desk.seen == [(1, False), ("1", True), ("1", False)]


async def test_a_cancel_for_what_was_delivered_before_is_a_message() -> None:
    desk = Desk()
    desk.inbox.feed(frame(request(1, "a")))
    desk.inbox.feed(frame(cancel(1)))
    await desk.finish()
    assert desk.seen == [(1, False), ("$/cancelRequest", False)]


async def test_a_cancel_overtakes_within_a_batch_and_its_answers_go_back_together() -> None:
    desk = Desk()
    desk.inbox.feed(frame([request(1, "a"), notification("n"), request(2, "a"), cancel(2)]))
    await desk.finish()
    assert desk.seen == [(1, False), ("n", False), (2, True)]
    desk.replies[2](b"2")
    assert desk.answers == []
    desk.replies[1](b"1")
    assert desk.answers == [b"[2,1]"]


async def test_each_chunk_asks_for_one_more_when_few_messages_wait() -> None:
    desk = Desk()
    data = b"".join(frame(request(number, "a")) for number in range(5000))
    for start in range(0, len(data), 1000):
        desk.inbox.feed(data[start : start + 1000])
    await desk.finish()
    assert [what for what, _ in desk.seen] == list(range(5000))
    assert desk.asked_for_more == -(-len(data) // 1000)


@pytest.mark.parametrize("batch", [False, True])
async def test_the_loop_turns_while_many_messages_wait(batch: bool) -> None:
    desk = Desk()
    turns = 0

    def slow(message: Message, reply: Send, cancelled: bool) -> None:
        json.loads("[" + "1," * 20_000 + "1]")  # about a millisecond of work

    def turn() -> None:
        nonlocal turns
        turns += 1
        asyncio.get_running_loop().call_soon(turn)

    desk.inbox = Inbox(deliver=slow, reply=desk.answers.append, more=desk.more)
    turn()
    requests = [request(number, "a") for number in range(300)]
    desk.inbox.feed(frame(requests) if batch else b"".join(map(frame, requests)))
    await desk.finish()
    assert turns > 2
