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
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from aicopilot_lsp.config.matching import is_hidden
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.context.gather import Gatherer
from aicopilot_lsp.context.index.local import LocalIndex, OpenText
from aicopilot_lsp.context.index.service import Status
from aicopilot_lsp.context.index.services import IndexServices
from aicopilot_lsp.context.index.unsaved import UnsavedImports
from aicopilot_lsp.context.outlines import Outlines, Reading
from aicopilot_lsp.context.protocol import Source
from aicopilot_lsp.context.situation import situate
from aicopilot_lsp.context.types import Around, Gathered, OpenFile
from aicopilot_lsp.store.index.layout import index_path
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.text.document import DocumentSnapshot, Point

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

# What is late when sources are asked is a whole stretch of typing old the next time; in a rest they
# may as well finish.
PATIENCE_S = 1.0
# When reading the document takes longer than this share of the time, an older reading has to do.
_OUTLINE_SHARE = 0.5
# ... and so much of it is not waited for where there is one: a large file takes 20 to 40 ms.
_OLDER_DOES_AFTER_S = 0.008
_NOWHERE = "none"  # no index has this name
_MOST_PATHS = 4_096  # of which is known whether they are hidden


@dataclass(slots=True)
class _Folder:
    """One workspace folder: its index, and the sources at work on it."""

    index: LocalIndex
    gatherer: Gatherer

    async def aclose(self) -> None:
        await self.gatherer.aclose()
        await self.index.aclose()


class ContextEngine:
    """One server's.

    Parameters
    ----------
    sources : callable
        The sources that are switched on, made when the first request comes.
    directory : Path
        Where indexes are kept.
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
        indexes: IndexServices | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._settings, self._make_sources = settings, sources
        self._directory, self._clock = directory, clock
        self._services = indexes or IndexServices(directory, lambda _: None)
        self._services.reconfigure(settings)
        self._outlines = Outlines()
        self._folders: dict[str, _Folder] = {}  # by root
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ending: set[asyncio.Task[Any]] = set()
        self._closed = False

    def follow(self, document: DocumentSnapshot, path: str, around: Around) -> None:
        """Begin to read what has changed of a document and of the others that are open, so that
        the next `gather` need not: a few changes are read sooner than many. Waits for nothing."""
        if self._closed or not self._settings.context.enabled:
            return
        for one in (OpenFile(path=path, document=document), *around.open_files):
            self._known(one)

    async def gather(
        self,
        document: DocumentSnapshot,
        cursor: Point,
        path: str,
        around: Around,
        *,
        patient: bool = False,
        worth_ms: float = 0.0,
    ) -> Gathered | None:
        """What the sources find for a place within the time that the settings give them, or
        `worth_ms` if that is more; None where context is switched off, or the file could not be
        read in time. With `patient`, where nobody waits, all of them have PATIENCE_S. Raises
        nothing but CancelledError."""
        if self._closed or not self._settings.context.enabled:
            return None
        try:
            within_ms = max(self._settings.context.budget_ms, worth_ms)
            within_s = max(within_ms / 1000, PATIENCE_S if patient else 0.0)
            return await self._gathered(
                document, cursor, path, around, budget_s=within_s, patient=patient
            )
        except Exception as error:  # noqa: BLE001 - a suggestion does without it
            _log.error("The context engine failed.", exc_info=error)
            return None

    async def _gathered(
        self,
        document: DocumentSnapshot,
        cursor: Point,
        path: str,
        around: Around,
        *,
        budget_s: float,
        patient: bool,
    ) -> Gathered | None:
        ends_s = self._clock() + budget_s
        read = await self._read(document, path, within_s=_OUTLINE_SHARE * budget_s)
        if read is None:
            return None
        folder = await self._folder(around.root)
        if folder is None:
            return None
        others = {one.path: self._known(one) for one in around.open_files}
        known = {other: _open_text(found) for other, found in others.items() if found is not None}
        folder.index.set_open({**known, path: _open_text(read)})
        situation = situate(document, cursor, path, read.outline, around)
        left_s = max(0.0, ends_s - self._clock())
        return await folder.gatherer.gather(situation, budget_s=left_s, patient=patient)

    def document_closed(self, uri: str) -> None:
        """Forget its outline; from the next request on, its rows are those on the disk again."""
        self._outlines.forget(uri)
        for folder in self._folders.values():
            folder.gatherer.forget(uri)

    def folder_removed(self, root: Path) -> None:
        """It is no part of the workspace any longer."""
        self._services.drop(root)
        folder = self._folders.pop(str(root), None)
        if folder is not None:
            self._in_background(folder.aclose(), self._ending)

    def statuses(self) -> tuple[Status, ...]:
        """How the indexes are doing."""
        return self._services.statuses()

    async def ready(self, root: Path) -> Status | None:
        """Return when the index of `root` is up to date, or there will be none; how it is doing
        then. For commands: a server begins with the first request."""
        return await self._services.ready(root)

    async def reconfigure(self, settings: Settings) -> None:
        """Take over new settings. What was found under the old ones is forgotten where they say
        what may be found."""
        before, self._settings = self._settings, settings
        self._services.reconfigure(settings)
        if (before.context, before.completion.exclude) != (
            settings.context,
            settings.completion.exclude,
        ):
            await self._let_go()

    async def aclose(self) -> None:
        """End the indexes' workers and all threads."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._ending, return_exceptions=True)
        await self._services.aclose()
        await self._let_go()
        self._outlines.close()

    async def _let_go(self) -> None:
        """Of all folders. A request that is under way finds nothing more in its own."""
        folders, self._folders = self._folders, {}
        for folder in folders.values():
            await folder.aclose()

    async def _read(
        self, document: DocumentSnapshot, path: str, *, within_s: float
    ) -> Reading | None:
        """The document as read; an older version of it where this one takes longer, for what is
        found by that is nearly right. None where there is none."""
        if self._outlines.latest(document.uri) is not None:
            within_s = min(within_s, _OLDER_DOES_AFTER_S)
        task = self._in_background(self._outlines.of(document, path), self._tasks)
        done, _ = await asyncio.wait([task], timeout=within_s)
        failed = not done or task.cancelled() or task.exception() is not None
        found = None if failed else task.result()
        return found or self._outlines.latest(document.uri)

    def _known(self, other: OpenFile) -> Reading | None:
        """The latest reading of an open document. Where there is a newer text, the next request has
        one of that."""
        known = self._outlines.latest(other.document.uri)
        if known is None or not known.is_of(other.document):
            self._in_background(self._outlines.of(other.document, other.path), self._tasks)
        return known

    async def _folder(self, root: str) -> _Folder | None:
        """The folder at `root`; "" is none, where open documents are all there is. None where the
        engine was closed meanwhile."""
        found = self._folders.get(root)
        if found is None:
            real = await asyncio.to_thread(os.path.realpath, root) if root else ""
            found = self._folders.get(root)  # another request may have been first
        if self._closed:
            return None
        if found is None:
            found = self._folders[root] = self._made(root, real)
        if root:
            self._services.want(Path(root))
        return found

    def _made(self, root: str, real: str) -> _Folder:
        settings = self._settings
        # Without an index there are the open documents; what one may have left there is not kept up
        # to date by anybody.
        has_index = bool(root) and settings.context.index
        database = index_path(real, self._directory) if has_index else self._directory / _NOWHERE

        folder = Path(root)

        @lru_cache(maxsize=_MOST_PATHS)
        def excluded(path: str) -> bool:
            wholes = {f"{_slashed(one)}/{path}" for one in (root, real)}
            return is_hidden((path, *wholes), settings)

        def hidden(path: str) -> bool:
            return self._services.is_off(folder) or excluded(path)

        reader = IndexReader(database)
        index = LocalIndex(reader, resolve=UnsavedImports(reader), is_hidden=hidden)
        sources = self._make_sources(settings)
        gatherer = Gatherer(sources, index, self._clock, carriers=index.carrier)
        return _Folder(index, gatherer)

    def _in_background(
        self, work: Coroutine[Any, Any, _T], tasks: "set[asyncio.Task[Any]]"
    ) -> "asyncio.Task[_T]":
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(_log_fault)
        return task


def _log_fault(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("The context engine failed.", exc_info=error)


def _open_text(reading: Reading) -> OpenText:
    return reading.outline, reading.lines


def _slashed(folder: str) -> str:
    """As patterns about whole paths have it (config/matching.py)."""
    return "/" + folder.replace("\\", "/").strip("/")
