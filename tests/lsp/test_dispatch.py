"""A cancel ends the work behind a request within a few turns of the loop, whenever it comes."""

import asyncio
import json
from typing import Any

import pytest

from aicopilot_lsp.completion.types import OutcomeKind
from aicopilot_lsp.lsp.dispatch import Dispatcher, Handler
from aicopilot_lsp.lsp.latest import Latest
from aicopilot_lsp.lsp.messages import Notification, Request, Response

MAX_TURNS = 5


class Desk:
    """A dispatcher with one method, whose work goes on until it is cancelled."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.ends: list[str] = []
        self.latest = Latest()
        handlers = {
            "initialize": Handler(lambda _: {}, lambda params: params),
            "work": Handler(self.work, lambda params: params),
        }
        self.dispatcher = Dispatcher(self, handlers, lost=lambda _: None, ended=lambda _: None)
        self.deliver(Request(0, "initialize"))
        self.sent.clear()

    def deliver(self, message: Request | Notification) -> None:
        self.dispatcher.deliver(message, self.send_body)

    def work(self, _: Any) -> Any:
        claim = self.latest.claim("document", self.skipped)

        async def handle() -> Any:
            return await claim.run(self.go_on())

        return handle()

    async def go_on(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.ends.append("cancelled")
            raise

    def skipped(self, kind: OutcomeKind) -> None:
        self.ends.append(kind.value)

    def send_body(self, body: bytes) -> None:
        self.sent.append(json.loads(body))

    def plain(self, value: Any) -> Any:
        return value

    def settle(self, response: Response) -> None:
        raise AssertionError(response)


@pytest.mark.parametrize("turns_before", range(6))
async def test_a_cancel_is_answered_at_once_and_stops_the_work_within_five_turns(
    turns_before: int,
) -> None:
    desk = Desk()
    desk.deliver(Request(1, "work"))
    for _ in range(turns_before):
        await asyncio.sleep(0)
    desk.deliver(Notification("$/cancelRequest", {"id": 1}))
    assert [answer["error"]["code"] for answer in desk.sent] == [-32800]
    for _ in range(MAX_TURNS):
        await asyncio.sleep(0)
    assert desk.ends == ["cancelled"]  # also where it had not begun: each request has an outcome
    assert desk.latest.working == 0
    assert len(desk.sent) == 1
