"""Python's garbage collector looks at everything only while nobody types."""

import asyncio
import contextlib
import gc
from collections.abc import Iterator

import pytest

from aicopilot_lsp.lsp.collector import REST_S, Collector


class Clock:
    """Passes as it is slept; at some moments something is read from the editor."""

    def __init__(self, reads_s: list[float], until_s: float) -> None:
        self.now_s = 0.0
        self._reads_s, self._until_s = reads_s, until_s
        self.collected_s: list[float] = []
        self.collector = Collector(clock=lambda: self.now_s, pause=self.pause, collect=self.collect)

    async def pause(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self._reads_s and self._reads_s[0] <= end_s:
            self.now_s = self._reads_s.pop(0)
            self.collector.stirred()
        self.now_s = end_s
        if self.now_s > self._until_s:
            raise asyncio.CancelledError

    def collect(self) -> None:
        self.collected_s.append(self.now_s)

    async def collections(self) -> list[float]:
        with contextlib.suppress(asyncio.CancelledError):
            await self.collector.run()
        return self.collected_s


@pytest.fixture(autouse=True)
def threshold() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


async def test_who_types_is_not_interrupted_and_each_rest_is_used_once() -> None:
    typed_s = [number / 4 for number in range(4 * 30)]  # half a minute without a rest
    typed_s += [60.0, 61.0]
    collections = await Clock(typed_s, until_s=100.0).collections()
    assert len(collections) == 2
    assert 29.75 + REST_S <= collections[0] < 60.0
    assert collections[1] >= 61.0 + REST_S


async def test_a_full_collection_is_not_set_off_by_what_is_allocated_and_young_ones_are() -> None:
    young, middle, _ = gc.get_threshold()
    await Clock([], until_s=1.0).collections()
    assert gc.get_threshold()[:2] == (young, middle)
    assert gc.get_threshold()[2] >= 100 * middle
