"""The server ends when its editor has gone, whatever way it went."""

import os
import subprocess
import sys
from collections.abc import Iterator

from aicopilot_lsp.lsp.watch import process_is_alive, until_gone


class Clock:
    """Counts pauses instead of taking them."""

    def __init__(self) -> None:
        self.pauses = 0

    async def pause(self, _: float) -> None:
        self.pauses += 1


def answers(*values: bool) -> Iterator[bool]:
    yield from values


async def test_the_end_of_the_editors_process_is_noticed() -> None:
    clock, alive = Clock(), answers(True, True, True, False)
    gone = await until_gone(
        5, output_is_closed=lambda: False, is_alive=lambda _: next(alive), pause=clock.pause
    )
    assert gone == "the editor's process has ended"
    assert clock.pauses == 2


async def test_a_closed_output_is_noticed_without_writing_to_it() -> None:
    clock, closed = Clock(), answers(False, False, True)
    gone = await until_gone(None, output_is_closed=lambda: next(closed), pause=clock.pause)
    assert gone == "the editor closed our output"
    assert clock.pauses == 2


async def test_a_process_that_we_can_not_see_is_not_watched() -> None:
    """In a container the editor's process id means nothing, or some other process."""
    closed = answers(False, False, False, True)
    gone = await until_gone(
        5,
        output_is_closed=lambda: next(closed),
        is_alive=lambda _: False,
        pause=Clock().pause,
    )
    assert gone == "the editor closed our output"


def test_a_process_is_alive_until_it_has_ended() -> None:
    assert process_is_alive(os.getpid())
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not process_is_alive(ended.pid)
