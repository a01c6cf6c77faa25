"""Keeping the index of one workspace folder: its worker process started, restarted, told, ended.

Owned by one event loop, on which nothing here blocks. The worker does the work (worker.py; what is
said between the two is in wire.py) and the database is asked by others (store/index/reader.py);
here is only what becomes of the process. The worker's stdin is its life line: it ends when that
does, also where this process was killed. Several folders: services.py.
"""

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from aicopilot_lsp.config.paths import ensure_private_dir
from aicopilot_lsp.context.index.wire import EXIT_UNUSABLE, Command, Do, Event, Job, Say, command

_log = logging.getLogger(__name__)

# A file that crashes its parser is given up by the worker after some tries (journal.py), so it is
# started again more often than one would start what is simply broken.
MAX_CRASHES = 12
FIRST_PAUSE_S = 0.5
MAX_PAUSE_S = 30.0
# A worker that lived longer was well: what ended it has nothing to do with its start.
_WELL_AFTER_S = 60.0
_STOP_LIMIT_S = 1.0
# What a worker that reads nothing is still told; it finds the rest by itself when it scans.
_MAX_UNREAD_BYTES = 1 << 16


class State(StrEnum):
    IDLE = "idle"  # not begun, or waiting for another folder's turn to end
    SCANNING = "scanning"  # what is found so far can be asked for
    READY = "ready"
    OFF = "off"  # on purpose; `reason` says whose
    FAILED = "failed"  # what was indexed before can still be asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How one folder's index is doing.

    Attributes
    ----------
    done, total : int
        Files, while SCANNING.
    files : int
        Indexed, once READY.
    reason : str
        A sentence or more, for a person: why OFF or FAILED, what goes less well than it could.
    left_out : mapping of str to int
        How many files were not read, by reason (refusal.py).
    """

    root: Path
    state: State = State.IDLE
    done: int = 0
    total: int = 0
    files: int = 0
    reason: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)


async def start_worker(directory: Path) -> asyncio.subprocess.Process:
    """A worker in a session of its own, so that a terminal's Ctrl-C is not for it.

    Raises
    ------
    OSError
        It can't be started.
    """
    await asyncio.to_thread(ensure_private_dir, directory.parent)
    await asyncio.to_thread(ensure_private_dir, directory)
    return await asyncio.create_subprocess_exec(
        *command(),
        cwd=directory,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # Tracebacks may quote what was parsed (INV-7); what a worker has to say it says as events.
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=sys.platform != "win32",
    )


class IndexService:
    """One folder's.

    Parameters
    ----------
    job : Job
        What the worker is told first; `root` has its links resolved.
    on_change : callable
        Told of each new Status, on the loop.
    start, pause, clock : callable
        For tests: how a worker is started, how a pause passes, seconds.
    """

    def __init__(
        self,
        job: Job,
        on_change: Callable[[Status], None],
        *,
        start: Callable[[Path], Awaitable[asyncio.subprocess.Process]] = start_worker,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.job = job
        self.status = Status(root=Path(job.root))
        self._on_change = on_change
        self._start, self._pause, self._clock = start, pause, clock
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._settled = asyncio.Event()
        self._closing = False
        self._scanned = False  # by the present worker

    @property
    def database(self) -> Path:
        """Where the index is, or will be."""
        return Path(self.job.database)

    @property
    def pid(self) -> int | None:
        """The worker's, while there is one."""
        return None if self._process is None else self._process.pid

    def begin(self) -> None:
        """Start the worker; once."""
        if self._task is None:
            self._put(state=State.SCANNING)
            self._task = asyncio.get_running_loop().create_task(self._keep())

    async def settled(self) -> None:
        """Return when the first scan is through, or it is known that there will be none soon."""
        await self._settled.wait()

    def changed(self, paths: Sequence[str]) -> None:
        """Files, relative to the root with "/", may have changed, come or gone."""
        if paths:
            self._tell(Command(do=Do.CHANGED, paths=tuple(paths)))

    def rebuild(self) -> None:
        """Forget what is indexed, and begin anew."""
        self._tell(Command(do=Do.REBUILD))

    async def aclose(self) -> None:
        """End the worker: asked to, then made to."""
        self._closing = True
        process = self._process
        if process is not None:
            self._tell(Command(do=Do.STOP))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_LIMIT_S):
                    await process.wait()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._settled.set()

    async def _keep(self) -> None:
        """Have a worker, again after each that ended, until one says that it is of no use."""
        crashes = 0
        while True:
            began_s = self._clock()
            code = await self._live()
            if self._closing:
                return
            if code == EXIT_UNUSABLE:
                self._fail(self.status.reason or "The index can't be written.")
                return
            crashes = 1 if self._clock() - began_s > _WELL_AFTER_S else crashes + 1
            if crashes >= MAX_CRASHES:
                self._fail(f"The process that keeps the index ended {crashes} times.")
                return
            _log.warning("The index's worker ended with %s; it is started again.", code)
            await self._pause(min(FIRST_PAUSE_S * 2 ** (crashes - 1), MAX_PAUSE_S))

    async def _live(self) -> int | None:
        """One worker's life; its exit code, None where there was none."""
        try:
            process = self._process = await self._start(self.database.parent)
        except OSError as error:
            _log.warning("The index's worker could not be started: %s.", error.strerror)
            return None
        try:
            self._write(process, self.job.to_line())
            await self._listen(process)
            return await process.wait()
        finally:
            self._process = None
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Until it closes its output, or says what can't be understood."""
        assert process.stdout is not None  # noqa: S101 - for the type checker
        try:
            while line := await process.stdout.readline():
                self._heard(Event.from_line(line))
        except (ValueError, TypeError, KeyError):  # ValueError: too long a line, too
            _log.warning("The index's worker said what this version does not know.")
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def _heard(self, event: Event) -> None:
        match event.say:
            case Say.WAITING:
                reason = "Another editor's server keeps this index; this one takes over from it."
                self._put(state=State.READY, reason=reason)
            case Say.STARTED:
                self._scanned = False
                self._put(state=State.SCANNING, done=0, total=0, reason="")
            case Say.PROGRESS:
                if not self._scanned:  # later scans take nothing away
                    self._put(state=State.SCANNING, done=event.done, total=event.total)
            case Say.FINISHED:
                self._scanned = True
                self._put(state=State.READY, files=event.files, left_out=event.left_out or {})
            case Say.TROUBLE:
                _log.warning("%s", event.message)
                self._put(reason=event.message)
            case Say.STUCK:  # until it has STARTED again
                self._put(state=State.FAILED)
                self._settled.set()
            case Say.UPDATED:
                pass
        if self.status.state is State.READY:
            self._settled.set()

    def _fail(self, what: str) -> None:
        reason = (
            f"{what} Suggestions come as before, without what is new in the workspace's other"
            " files. `aicopilot index rebuild` begins anew and says what is wrong."
        )
        self._put(state=State.FAILED, reason=reason)
        self._settled.set()

    def _put(self, **changes: object) -> None:
        status = replace(self.status, **changes)  # type: ignore[arg-type]
        if status != self.status:
            self.status = status
            self._on_change(status)

    def _tell(self, told: Command) -> None:
        if self._process is not None:
            self._write(self._process, told.to_line())

    def _write(self, process: asyncio.subprocess.Process, line: bytes) -> None:
        assert process.stdin is not None  # noqa: S101 - for the type checker
        unread = process.stdin.transport.get_write_buffer_size()
        if not process.stdin.is_closing() and unread < _MAX_UNREAD_BYTES:
            process.stdin.write(line)
