"""An event loop whose clock stands still while there is work: time passes only where all wait.

`run(scenario)` runs a coroutine on it. When nothing is ready the clock jumps to the next timer, so
a test of deadlines takes no time and does not depend on how busy the machine is: what it measures
is what the program waits for, not what it computes. A little passes with each turn of the loop, so
that a flood that never pauses meets its deadline too. Sockets are real and have to have both their
ends in this loop; threads are waited for.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")

_TURN_S = 20e-6
# What the kernel may need to hand over what the other end has sent; real time.
_UNDER_WAY_S = 0.003


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """The result of `scenario`, run on a loop of its own."""
    with asyncio.Runner(loop_factory=PatientLoop) as runner:
        return runner.run(scenario)


class PatientLoop(asyncio.SelectorEventLoop):
    """See above. `time()` begins at 0."""

    def __init__(self) -> None:
        self._now = 0.0
        self._threads = 0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self._now

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Any, *args: Any
    ) -> "asyncio.Future[Any]":
        future = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, _: "asyncio.Future[Any]") -> None:
        self._threads -= 1

    def pass_time(self, seconds: float) -> None:
        self._now += seconds

    @property
    def waits_for_threads(self) -> bool:
        return self._threads > 0


class _Selector(selectors.DefaultSelector):
    """Asks the system for what is ready, and lets time pass when nothing is."""

    def __init__(self, loop: PatientLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.pass_time(_TURN_S)
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(_UNDER_WAY_S)
        if not ready and not self._loop.waits_for_threads:
            self._loop.pass_time(timeout)
        return ready
