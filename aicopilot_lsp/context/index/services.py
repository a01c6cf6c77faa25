"""The indexes of all folders of a workspace: begun when they are needed, one after the other.

A folder is indexed from the first document on that is opened in it; `initialize` starts nothing.
One first scan at a time, since all of them want the same disk and cores; and no more than
MAX_FOLDERS, since each has a process of its own. Owned by one event loop.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.context.index.eligible import why_not
from aicopilot_lsp.context.index.service import IndexService, State, Status
from aicopilot_lsp.context.index.wire import Job
from aicopilot_lsp.store.index.layout import index_path

MAX_FOLDERS = 6
_TOO_MANY = (
    f"{MAX_FOLDERS} other folders of the workspace are indexed, and no more than that. Suggestions"
    " in it see its open files only."
)
_SWITCHED_OFF = "It is switched off: `context.index` or `context.enabled` in the configuration."

MakeService = Callable[[Job, Callable[[Status], None]], IndexService]


def job_for(root: Path, settings: Settings, directory: Path) -> Job:
    """What a worker for `root` (absolute, links resolved) is told."""
    context = settings.context
    lists = (settings.completion.exclude, context.exclude)
    return Job(
        root=str(root),
        database=str(index_path(str(root), directory)),
        exclude=tuple(patterns for patterns in lists if patterns),
        max_file_bytes=context.max_file_kb << 10,
        max_index_bytes=context.max_index_mb * 1_000_000,
    )


class IndexServices:
    """All of one server's.

    Parameters
    ----------
    directory : Path
        Where the databases are; made when the first is.
    on_change : callable
        Told of each new Status.
    """

    def __init__(
        self,
        directory: Path,
        on_change: Callable[[Status], None],
        *,
        make: MakeService = IndexService,
    ) -> None:
        self._directory = directory
        self._on_change = on_change
        self._stirred = asyncio.Event()
        self._make = make
        self._settings = Settings()
        self._services: dict[Path, IndexService] = {}  # by the folder as the editor writes it
        self._refused: dict[Path, Status] = {}
        self._turn = asyncio.Lock()
        self._beginning: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()

    def statuses(self) -> tuple[Status, ...]:
        """One for each folder that was wanted, in that order."""
        services = (service.status for service in self._services.values())
        return (*services, *self._refused.values())

    def knows(self, folder: Path) -> bool:
        """Whether it was wanted before."""
        return folder in self._services or folder in self._refused

    def is_off(self, folder: Path) -> bool:
        """Whether it was wanted and there is to be none, whatever an earlier one left there."""
        return folder in self._refused

    def want(self, folder: Path) -> None:
        """A document in this folder was opened: have an index of it. Cheap where there is one."""
        if self.knows(folder):
            return
        if not (self._settings.context.enabled and self._settings.context.index):
            self._refuse(folder, _SWITCHED_OFF)
        elif len(self._services) >= MAX_FOLDERS:
            self._refuse(folder, _TOO_MANY)
        else:
            # Its place is taken now; where it really is, and if it is a project, the disk says.
            job = job_for(folder, self._settings, self._directory)
            self._services[folder] = self._make(job, self._heard)
            _in_background(self._begin(folder), self._beginning)

    async def ready(self, folder: Path) -> Status | None:
        """Want an index of this folder, and return when it is up to date or there will be none: how
        it is doing then, None where it was dropped meanwhile."""
        self.want(folder)
        while True:
            self._stirred.clear()
            status = next((one for one in self.statuses() if one.root == folder), None)
            if status is None or status.state not in (State.IDLE, State.SCANNING):
                return status
            await self._stirred.wait()

    def drop(self, folder: Path) -> None:
        """The folder is no part of the workspace any longer."""
        self._refused.pop(folder, None)
        service = self._services.pop(folder, None)
        if service is not None:
            _in_background(service.aclose(), self._ending)
            self._make_room()
        self._stirred.set()

    def reconfigure(self, settings: Settings) -> None:
        """Begin anew what is to be done otherwise."""
        before = (self._settings.context, self._settings.completion.exclude)
        self._settings = settings
        if before == (settings.context, settings.completion.exclude):
            return
        for folder in [*self._services, *self._refused]:
            self.drop(folder)
            self.want(folder)

    def changed(self, path: Path) -> None:
        """A file may have changed, come or gone."""
        for folder, service in self._services.items():
            if path != folder and path.is_relative_to(folder):
                service.changed([path.relative_to(folder).as_posix()])

    async def aclose(self) -> None:
        """End all workers."""
        for task in self._beginning:
            task.cancel()
        await asyncio.gather(*self._beginning, *self._ending, return_exceptions=True)
        await asyncio.gather(*(service.aclose() for service in self._services.values()))

    async def _begin(self, folder: Path) -> None:
        service = self._services[folder]
        async with self._turn:
            if self._services.get(folder) is not service:  # dropped while it waited
                return
            wanted = self._settings.context.index_folders
            real = await asyncio.to_thread(_real, folder)
            reason = await asyncio.to_thread(why_not, real, wanted)
            if self._services.get(folder) is not service:
                return
            if reason:
                del self._services[folder]
                self._refuse(folder, reason)
                self._make_room()
                return
            service.job = job_for(real, self._settings, self._directory)
            service.begin()
            await service.settled()

    def _make_room(self) -> None:
        """A folder for which there was no place has one when it is wanted the next time."""
        for folder in [one for one, status in self._refused.items() if status.reason == _TOO_MANY]:
            del self._refused[folder]

    def _refuse(self, folder: Path, reason: str) -> None:
        status = Status(root=folder, state=State.OFF, reason=reason)
        self._refused[folder] = status
        self._heard(status)

    def _heard(self, status: Status) -> None:
        self._stirred.set()
        self._on_change(status)


def _in_background(work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))
