"""An index that is asked each question of one request once, whichever sources ask it.

The sources of a request run side by side and want to know much of the same: the imports of the
current file, the symbols of those it imports. Belongs to one request and the event loop.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.store.index.types import ChunkRow, ImportRow, Symbol

_T = TypeVar("_T")


class AskedOnce:
    """Implements `Index` over another one."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._asked: dict[Hashable, _Asked] = {}

    async def defining(self, names: Collection[str], *, limit: int = 64) -> Sequence[Symbol]:
        key = ("defining", tuple(sorted(names)), limit)
        return await self._once(key, lambda: self._index.defining(names, limit=limit))

    async def members(self, types: Collection[str], *, limit: int = 256) -> Sequence[Symbol]:
        key = ("members", tuple(sorted(types)), limit)
        return await self._once(key, lambda: self._index.members(types, limit=limit))

    async def symbols_in(self, path: str) -> Sequence[Symbol]:
        return await self._once(("symbols_in", path), lambda: self._index.symbols_in(path))

    async def imports_of(self, path: str) -> Sequence[ImportRow]:
        return await self._once(("imports_of", path), lambda: self._index.imports_of(path))

    async def importers_of(self, path: str, *, limit: int = 32) -> Sequence[str]:
        key = ("importers_of", path, limit)
        return await self._once(key, lambda: self._index.importers_of(path, limit=limit))

    async def search(
        self, text: str, *, exclude: Collection[str] = (), limit: int = 20
    ) -> Sequence[ChunkRow]:
        key = ("search", text, tuple(sorted(exclude)), limit)
        return await self._once(key, lambda: self._index.search(text, exclude=exclude, limit=limit))

    async def lines(self, path: str, first: int, last: int) -> str:
        key = ("lines", path, first, last)
        return await self._once(key, lambda: self._index.lines(path, first, last))

    async def paths(self, pattern: str, *, limit: int = 32) -> Sequence[str]:
        key = ("paths", pattern, limit)
        return await self._once(key, lambda: self._index.paths(pattern, limit=limit))

    async def _once(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = _Asked(asyncio.create_task(ask()))
        asked.waiting += 1
        try:
            # Whoever is cancelled leaves the question to the others that wait for its answer.
            answer: _T = await asyncio.shield(asked.task)
        finally:
            asked.waiting -= 1
            if not asked.waiting and not asked.task.done():  # the last one: nobody wants to know
                asked.task.cancel()
                del self._asked[key]
        return answer


@dataclass(slots=True)
class _Asked:
    """A question under way or answered, and how many wait for it."""

    task: asyncio.Task[Any]
    waiting: int = 0
