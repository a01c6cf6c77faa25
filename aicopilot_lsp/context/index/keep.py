"""One worker's life: it keeps one index true to its files, from its job to its end.

What it is told (wire.py) and hears from the system (watch.py) comes into one queue; one thread does
all the work, and looks there after each file.
"""

import json
import queue
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from aicopilot_lsp.context.index.build import LAST_SCAN, SUSPECTS, Builder
from aicopilot_lsp.context.index.journal import Journal
from aicopilot_lsp.context.index.opening import Root
from aicopilot_lsp.context.index.parsing import MakeRow
from aicopilot_lsp.context.index.types import Limits, Pool
from aicopilot_lsp.context.index.watch import Watch
from aicopilot_lsp.context.index.wire import EXIT_UNUSABLE, Command, Do, Event, Job, Say
from aicopilot_lsp.errors import StoreError, StoreErrorKind
from aicopilot_lsp.store.index.writer import IndexWriter

_LOCK_LOOK_S = 2.0
# Scans by the clock: the system's news may be incomplete, and where there are none they are all.
_RESCAN_S = 900.0
_RESCAN_UNWATCHED_S = 30.0
# After folders came: what was put into them before they were watched.
_RESCAN_FOLDERS_S = 2.0
# After files came or went: imports may mean others by now.
_RESCAN_IMPORTS_S = 5.0
_MAX_SCAN_SHARE = 0.05  # of the time, however short those are
_RETRY_S = 60.0  # a full disk may have room by then
# More changed paths than this at once (another branch was checked out) are a scan's work.
_MANY_PATHS = 400
_SAY_EVERY_S = 0.25
_MAX_REBUILDS = 3
_HOPELESS = (StoreErrorKind.UNSUITABLE, StoreErrorKind.DENIED, StoreErrorKind.FAILED)


class _StopError(Exception):
    """The parent wants no more, or is gone."""


class _RebuildError(Exception):
    """The index is to be given up and begun anew."""


class Worker:
    """One worker's life, from its job to its end. `tell` may be called from any thread."""

    def __init__(
        self,
        job: Job,
        make_row: MakeRow,
        outgoing: BinaryIO,
        begin_pool: Callable[[], Pool] | None = None,
    ) -> None:
        self._job = job
        self._begin_pool = begin_pool
        self._make_row = make_row
        self._outgoing = outgoing
        self._told: queue.SimpleQueue[Command | str] = queue.SimpleQueue()  # str: watching failed
        self._stopping = False
        self._unwatched = not job.watch
        self._scan_at = 0.0
        self._scan_s = 0.0
        self._said_at = 0.0

    def tell(self, command: Command) -> None:
        if command.do is Do.STOP:
            self._stopping = True  # a walk looks at it
        self._told.put(command)

    def run(self) -> int:
        """Keep the index until told to stop; returns the exit code."""
        rebuilds, anew = 0, False
        while True:
            try:
                root = Root(self._job.root)
                with self._opened(anew=anew) as writer:
                    anew = False
                    self._keep(root, writer)
            except _StopError:
                return 0
            except _RebuildError:
                anew = True
                continue
            except StoreError as error:
                self._say(Event(say=Say.TROUBLE, message=str(error)))
                rebuilds += error.kind is StoreErrorKind.DAMAGED
                if error.kind in _HOPELESS or rebuilds > _MAX_REBUILDS:
                    return EXIT_UNUSABLE
                if error.kind is StoreErrorKind.DAMAGED:
                    continue
            except OSError as error:
                self._say(Event(say=Say.TROUBLE, message=_unreadable(self._job.root, error)))
            else:
                return 0
            if not self._job.watch:
                return EXIT_UNUSABLE
            self._say(Event(say=Say.STUCK))
            if not self._pause(_RETRY_S):
                return 0

    def _opened(self, *, anew: bool) -> IndexWriter:
        """The index, as soon as no other worker has it."""
        path = Path(self._job.database)
        waiting = False
        while True:
            try:
                writer = IndexWriter.open(path, max_bytes=self._job.max_index_bytes, anew=anew)
            except StoreError as error:
                if error.kind is not StoreErrorKind.BUSY:
                    raise
                if not waiting:
                    self._say(Event(say=Say.WAITING))
                waiting = True
                if not self._pause(_LOCK_LOOK_S):
                    raise _StopError from None
            else:
                self._say(Event(say=Say.STARTED))
                return writer

    def _keep(self, root: Root, writer: IndexWriter) -> None:
        """Scan, then do what is told and heard, until the end."""
        journal = Journal(_beside(self._job.database), writer.get_state(SUSPECTS))
        watch = Watch(root.path, self._heard, self._told.put)
        try:
            writer.set_state(SUSPECTS, journal.state)
            builder = self._builder(root, writer, journal)
            self._scan(builder, watch)
            writer.tidy()
            while self._job.watch:
                self._serve(builder, watch)
        finally:
            watch.stop()
            journal.close()
            root.close()

    def _builder(self, root: Root, writer: IndexWriter, journal: Journal) -> Builder:
        limits = Limits(max_file_bytes=self._job.max_file_bytes, max_files=self._job.max_files)
        return Builder(
            root,
            writer,
            self._make_row,
            journal,
            limits=limits,
            exclude=self._job.exclude,
            stopped=lambda: self._stopping,
            begin_pool=self._begin_pool,
        )

    def _scan(self, builder: Builder, watch: Watch) -> None:
        began = time.monotonic()
        self._scan_at = began + (_RESCAN_UNWATCHED_S if self._unwatched else _RESCAN_S)
        changed = 0
        with closing(builder.scan()) as scan:
            for progress in scan:
                if progress.done == 0 and not self._unwatched:
                    watch.begin(builder.folders)
                changed = progress.changed
                self._say_progress(progress.done, progress.total)
                paths = self._taken()
                if paths:
                    self._change(builder, watch, paths)
        if self._stopping:  # the scan may have ended for it
            raise _StopError
        self._scan_s = time.monotonic() - began
        self._due_in(self._scan_at - time.monotonic())
        left_out = {reason.value: count for reason, count in builder.left_out.items()}
        spent_s = round(self._scan_s, 3)
        facts = {"at": time.time(), "spent_s": spent_s, "left_out": left_out}
        builder.remember(LAST_SCAN, json.dumps(facts))
        self._say(
            Event(
                say=Say.FINISHED,
                files=builder.files,
                changed=changed,
                left_out=left_out,
                spent_s=spent_s,
            )
        )

    def _serve(self, builder: Builder, watch: Watch) -> None:
        """Wait for the next thing to do, and do it."""
        paths = self._taken(wait_s=max(self._scan_at - time.monotonic(), 0.0))
        if len(paths) > _MANY_PATHS:
            self._scan_at = 0.0
        elif paths:
            self._change(builder, watch, paths)
        if time.monotonic() >= self._scan_at:
            self._scan(builder, watch)

    def _change(self, builder: Builder, watch: Watch, paths: set[str]) -> None:
        changes = builder.change(sorted(paths))
        if changes.stale:
            self._scan_at = 0.0
        if changes.folders and not self._unwatched:
            watch.extend(changes.folders)
            self._due_in(_RESCAN_FOLDERS_S)
        if builder.has_stale_imports:
            self._due_in(_RESCAN_IMPORTS_S)
        if changes.changed or changes.removed:
            event = Event(say=Say.UPDATED, changed=changes.changed, removed=changes.removed)
            self._say(event)

    def _taken(self, wait_s: float = 0.0) -> set[str]:
        """The paths that were told of, waiting for the first of them."""
        paths: set[str] = set()
        try:
            told = self._told.get(timeout=wait_s) if wait_s > 0 else self._told.get_nowait()
            while True:
                paths |= self._obeyed(told)
                told = self._told.get_nowait()
        except queue.Empty:
            return paths

    def _obeyed(self, told: Command | str) -> set[str]:
        if isinstance(told, str):
            self._unwatched = True
            self._due_in(_RESCAN_UNWATCHED_S)
            self._say(Event(say=Say.TROUBLE, message=_deaf(told)))
        elif told.do is Do.STOP:
            raise _StopError
        elif told.do is Do.REBUILD:
            raise _RebuildError
        elif told.do is Do.SCAN:
            self._scan_at = 0.0
        else:
            return set(told.paths)
        return set()

    def _due_in(self, delay_s: float) -> None:
        """Have a scan in so many seconds, or before; later where scans take long."""
        delay_s = max(delay_s, self._scan_s / _MAX_SCAN_SHARE)
        self._scan_at = min(self._scan_at, time.monotonic() + delay_s)

    def _heard(self, paths: tuple[str, ...]) -> None:
        self._told.put(Command(do=Do.CHANGED, paths=paths))

    def _pause(self, for_s: float) -> bool:
        """Wait; False where the end came meanwhile. What else is told then is seen by the scan that
        follows."""
        end = time.monotonic() + for_s
        while (left_s := end - time.monotonic()) > 0:
            try:
                told = self._told.get(timeout=left_s)
            except queue.Empty:
                break
            if isinstance(told, Command) and told.do is Do.STOP:
                return False
        return True

    def _say_progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if total and (now - self._said_at >= _SAY_EVERY_S or done == total):
            self._said_at = now
            self._say(Event(say=Say.PROGRESS, done=done, total=total))

    def _say(self, event: Event) -> None:
        try:
            self._outgoing.write(event.to_line())
            self._outgoing.flush()
        except (OSError, ValueError):  # nobody listens
            raise _StopError from None


def _beside(database: str) -> Path:
    """The journal's file."""
    return Path(f"{database}.parsing")


def _unreadable(root: str, error: OSError) -> str:
    return (
        f"The folder {root} can't be indexed ({error.strerror or type(error).__name__})."
        " Completions go on without its other files. It is tried again once a minute."
    )


def _deaf(why: str) -> str:
    return (
        f"Changed files are not noticed at once: {why}. Files that you save in the editor are,"
        f" and the others within {_RESCAN_UNWATCHED_S:.0f} seconds or the time that a scan takes."
    )
