"""Starting the model process: one at a time on a machine, out of the reach of the editor's end.

`start` holds `start.lock` until the process has left its note; who comes second finds the note. An
editor may end at any moment of it, so any process that holds the process lock is as good as the one
started here. A process that can't be started is said as one ModelProcessError.
"""

import asyncio
import errno
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from aicopilot_lsp.config.paths import ensure_private_dir
from aicopilot_lsp.errors import ModelProcessError
from aicopilot_lsp.models.embedded.record import (
    EXIT_LOCKED,
    EXIT_UNWRITABLE,
    ProcessSpec,
    Record,
    live_record,
    log_path,
    process_dir,
    remove_stale_record,
    start_lock,
)

PROCESS_MODULE = "aicopilot_lsp.models.embedded.process"
_START_TIMEOUT_S = 30.0
_MUTE_S = 3.0
_POLL_S = 0.02

_children: list[subprocess.Popen[bytes]] = []


def prepare(state_dir: Path) -> Path:
    directory = process_dir(state_dir)
    try:
        ensure_private_dir(state_dir)
        return ensure_private_dir(directory)
    except OSError as error:
        raise _unwritable(directory, error) from error


def _unwritable(directory: Path, error: OSError) -> ModelProcessError:
    return ModelProcessError(
        f"The model can't be started: {directory} can't be written ({error.strerror})."
        " Editing is not affected. Make room there, or name another place in AICOPILOT_STATE_DIR."
    )


async def start(spec: ProcessSpec, directory: Path, *, mute: Record | None = None) -> None:
    """Return when there is a process to be asked: another editor's, or one that is started here.

    Parameters
    ----------
    mute : Record or None
        The note of one that did not answer, which may be just ending; it gets a moment.

    Raises
    ------
    ModelProcessError
        It can't be started.
    """
    try:
        async with _held(start_lock(directory)):
            await _start(spec, directory, mute)
    except OSError as error:
        raise _unwritable(directory, error) from error


async def _start(spec: ProcessSpec, directory: Path, mute: Record | None) -> None:
    began = time.monotonic()
    child: subprocess.Popen[bytes] | None = None
    while (record := live_record(directory)) is None or record == mute:
        waited_s = time.monotonic() - began
        if record is not None and waited_s > _MUTE_S:
            return
        if child is not None and (code := child.poll()) is not None:
            _require_started(code, directory)
            child = None  # another process had the lock
        # False while one holds the lock: it is ending, or about to leave its note.
        if child is None and remove_stale_record(directory):
            child = await asyncio.to_thread(_spawn, spec, directory)
        if waited_s > _START_TIMEOUT_S:
            if child is not None:
                child.kill()
            raise ModelProcessError(
                "The model process has left no note of where it is."
                f" `aicopilot model stop` ends it; its log is {log_path(directory)}."
            )
        await asyncio.sleep(_POLL_S)
    if child is not None and record.pid != child.pid:
        child.kill()  # the lock is another's, which an editor that has gone had started


def _require_started(code: int, directory: Path) -> None:
    if code == EXIT_UNWRITABLE:
        raise OSError(errno.ENOSPC, "no room, or no permission")
    if code != EXIT_LOCKED:
        raise ModelProcessError(
            f"The model process ended before it could be reached (exit code {code})."
            f" Its log is {log_path(directory)}."
        )


@asynccontextmanager
async def _held(lock: FileLock) -> AsyncIterator[None]:
    """Hold a file lock without blocking the loop. It is only ever held for a start's duration."""
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            await asyncio.sleep(_POLL_S)
    try:
        yield
    finally:
        lock.release()


def _spawn(spec: ProcessSpec, directory: Path) -> subprocess.Popen[bytes]:
    """A process that outlives us: own session, nothing of ours inherited."""
    reap()
    log = log_path(directory)
    with suppress(FileNotFoundError):
        log.replace(log.with_suffix(".log.1"))
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        # -P and cwd: the folder an editor was started in must not be able to lend us modules.
        child = subprocess.Popen(  # noqa: S603 - a fixed command
            [sys.executable, "-P", "-m", PROCESS_MODULE, str(directory), spec.to_json()],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            creationflags=_detached_flags(),
        )
    finally:
        os.close(descriptor)
    _children.append(child)
    return child


def _detached_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0


def reap() -> None:
    """Let go of children that ended, so that none stays as a zombie."""
    _children[:] = [child for child in _children if child.poll() is None]
