"""The context engine as the rest of the program sees it: a place in a file goes in, what was found
for it comes out.

It has the outlines of open documents made (outlines.py), reads the situation (situation.py), and
runs the sources (gather.py) over the index of the folder that the file is in. A source that fails,
an index that is not there yet, a file that can't be parsed: each costs what it would have given.
Owned by one event loop.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.context.gather import Gatherer
from aicopilot_lsp.context.index.local import LocalIndex, OpenText
from aicopilot_lsp.context.index.service import State, Status
from aicopilot_lsp.context.index.services import IndexServices
from aicopilot_lsp.context.outlines import Outlines
from aicopilot_lsp.context.protocol import Source
from aicopilot_lsp.context.situation import situate
from aicopilot_lsp.context.types import Around, Gathered, OpenFile
from aicopilot_lsp.store.index.layout import index_path
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.text.document import DocumentSnapshot, Point

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

# A reading that takes longer is used by the next request; without it there is nothing to ask for.
_OUTLINE_SHARE = 0.5


@dataclass(slots=True)
class _Folder:
    """One workspace folder: its index, and the sources at work on it."""

    index: LocalIndex
    gatherer: Gatherer


class ContextEngine:
    """One server's.

    Parameters
    ----------
    sources : callable
        The sources that are switched on, made when the first request comes.
    directory : Path
        Where indexes are kept.
    on_change : callable
        Told of each change in how an index of its own is doing.
    indexes : IndexServices or None
        Those of a server, which tells them of its folders; None: the engine has its own.
    clock : callable
        Seconds, monotonic.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        sources: Callable[[Settings], Sequence[Source]],
        directory: Path,
        on_change: Callable[[Status], None] = lambda _: None,
        indexes: IndexServices | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._settings, self._make_sources = settings, sources
        self._directory, self._clock = directory, clock
        self._on_change, self._stirred = on_change, asyncio.Event()
        self._services = indexes or IndexServices(directory, self._heard)
        self._services.reconfigure(settings)
        self._outlines = Outlines()
        self._folders: dict[str, _Folder] = {}  # by root
        self._latest: dict[str, OpenText] = {}  # by URI
        self._tasks: set[asyncio.Task[object]] = set()

    async def gather(
        self, document: DocumentSnapshot, cursor: Point, path: str, around: Around
    ) -> Gathered | None:
        """What the sources find for a place within the time that the settings give them; None
        where context is switched off, or the file could not be read in time."""
        if not self._settings.context.enabled:
            return None
        budget_s = self._settings.context.budget_ms / 1000
        ends_s = self._clock() + budget_s
        opened = await self._read(document, path, within_s=_OUTLINE_SHARE * budget_s)
        if opened is None:
            return None
        folder = await self._folder(around.root)
        others = {one.path: self._known(one) for one in around.open_files}
        folder.index.set_open(
            {path: opened} | {path: known for path, known in others.items() if known is not None}
        )
        situation = situate(document, cursor, path, opened[0], around)
        left_s = max(0.0, ends_s - self._clock())
        return await folder.gatherer.gather(situation, budget_s=left_s)

    def document_closed(self, uri: str) -> None:
        """Forget its outline; its rows are those on the disk again."""
        self._outlines.forget(uri)
        self._latest.pop(uri, None)
        for folder in self._folders.values():
            folder.gatherer.forget(uri)

    def changed(self, path: Path) -> None:
        """A file on the disk may have changed, come or gone."""
        self._services.changed(path)

    def folder_removed(self, root: Path) -> None:
        """It is no part of the workspace any longer."""
        self._services.drop(root)
        folder = self._folders.pop(str(root), None)
        if folder is not None:
            self._in_background(folder.index.aclose())

    def statuses(self) -> tuple[Status, ...]:
        """How the indexes are doing."""
        return self._services.statuses()

    async def ready(self, root: Path) -> Status | None:
        """Return when the index of `root` is up to date, or there will be none; how it is doing
        then. For commands: a server begins with the first request."""
        self._services.want(root)
        while True:
            self._stirred.clear()
            status = next((one for one in self.statuses() if one.root == root), None)
            if status is None or status.state not in (State.IDLE, State.SCANNING):
                return status
            await self._stirred.wait()

    async def reconfigure(self, settings: Settings) -> None:
        """Take over new settings."""
        if (settings.context, settings.completion.exclude) != (
            self._settings.context,
            self._settings.completion.exclude,
        ):
            folders, self._folders = self._folders, {}
            for folder in folders.values():
                await folder.index.aclose()
        self._settings = settings
        self._services.reconfigure(settings)

    async def aclose(self) -> None:
        """End the indexes' workers and all threads."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._services.aclose()
        for folder in self._folders.values():
            await folder.index.aclose()
        self._outlines.close()

    async def _read(
        self, document: DocumentSnapshot, path: str, *, within_s: float
    ) -> OpenText | None:
        """The document's outline; None where it takes longer, and is there the next time."""
        task = self._in_background(self._outlines.of(document, path))
        done, _ = await asyncio.wait([task], timeout=within_s)
        if not done:
            return None
        self._latest[document.uri] = found = (await task, document.lines)
        return found

    def _known(self, other: OpenFile) -> OpenText | None:
        """The latest outline of another open document. Where there is a newer text, the next
        request has one of that."""
        document = other.document
        known = self._latest.get(document.uri)
        if known is None or known[1] != document.lines:
            self._in_background(self._renewed(other))
        return known

    async def _renewed(self, other: OpenFile) -> None:
        document = other.document
        outline = await self._outlines.of(document, other.path)
        self._latest[document.uri] = (outline, document.lines)

    async def _folder(self, root: str) -> _Folder:
        """The folder at `root`; "" is none, where open documents are all there is."""
        found = self._folders.get(root)
        if found is None:
            real = await asyncio.to_thread(os.path.realpath, root) if root else ""
            found = self._folders.get(root)  # another request may have been first
        if found is None:
            index = LocalIndex(IndexReader(index_path(real, self._directory)))
            gatherer = Gatherer(self._make_sources(self._settings), index, self._clock)
            found = self._folders[root] = _Folder(index, gatherer)
        if root:
            self._services.want(Path(root))
        return found

    def _heard(self, status: Status) -> None:
        self._stirred.set()
        self._on_change(status)

    def _in_background(self, work: Coroutine[Any, Any, _T]) -> "asyncio.Task[_T]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("The context engine failed.", exc_info=error)
