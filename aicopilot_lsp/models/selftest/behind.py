"""Layouts compared behind the user's requests, on servers that are fast enough for it.

One hole at a time, only while nobody is served; a request that comes in the middle of a hole takes
its place, and the hole is asked again later.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from aicopilot_lsp.errors import ModelError
from aicopilot_lsp.models.protocol import Layout, Prompting
from aicopilot_lsp.models.selftest.asking import Subject
from aicopilot_lsp.models.selftest.layouts import Score, attempt, better
from aicopilot_lsp.models.selftest.stored import STORED

T = TypeVar("T")

# How soon a user's request is noticed, and how long the way is left free after one.
_LOOK_S = 0.02
_REST_S = 0.25
# All holes together may take so long.
_FAST_S = 5.0


class Shared(Subject, Protocol):
    """A Subject that serves users as well; HttpBackend is one."""

    @property
    def busy(self) -> bool:
        """Whether a user is being served."""

    def run_behind(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` beside all else, until the backend is closed."""

    def prefer(self, layout: Layout) -> None:
        """Ask in this layout from now on."""


def is_fast(hole_s: float | None, layouts: int) -> bool:
    """Whether all stored holes would be done soon, where one takes `hole_s`."""
    return hole_s is not None and hole_s * len(STORED) * layouts < _FAST_S


async def compare(
    subject: Shared,
    prompting: Prompting,
    layouts: tuple[Layout, ...],
    keep: Callable[[Layout], Awaitable[object]],
) -> None:
    """Find the better layout, use it, and `keep` it. A server that fails meanwhile is not asked
    again: the layout stays as it is."""
    scores = []
    try:
        for layout in layouts:
            attempts = [
                await _undisturbed(
                    subject,
                    lambda known=known, layout=layout: attempt(  # type: ignore[misc]
                        subject, replace(prompting, layout=layout), known
                    ),
                )
                for known in STORED
            ]
            scores.append(Score(layout=layout, attempts=tuple(attempts)))
    except ModelError:
        return
    best = better(scores, prompting.healing)
    subject.prefer(best)
    await keep(best)


async def _undisturbed(subject: Shared, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
    while True:
        if subject.busy:
            await asyncio.sleep(_REST_S)
            continue
        task = asyncio.create_task(ask())
        try:
            while not task.done() and not subject.busy:
                await asyncio.wait({task}, timeout=_LOOK_S)
            if task.done():
                return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
