"""Starting the model process: one at a time on a machine, out of the reach of the editor's end.

`start` holds `start.lock` until the process has left its note; who comes second finds the note. A
process that can't be started is said as one ModelProcessError.
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
    EXIT_UNWRITABLE,
    ProcessSpec,
    log_path,
    process_dir,
    process_lives,
    read_record,
    remove_record,
    start_lock,
)

PROCESS_MODULE = "aicopilot_lsp.models.embedded.process"
_START_TIMEOUT_S = 30.0
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


async def start(spec: ProcessSpec, directory: Path) -> None:
    """Start a process and wait for its note. Returns at once when another editor has."""
    try:
        async with _held(start_lock(directory)):
            if process_lives(directory) and read_record(directory) is not None:
                await asyncio.sleep(_POLL_S)  # it is being started, or is just ending
                return
            remove_record(directory)
            child = await asyncio.to_thread(_spawn, spec, directory)
            deadline = time.monotonic() + _START_TIMEOUT_S
            while (record := read_record(directory)) is None or record.pid != child.pid:
                _require_alive(child, directory)
                if time.monotonic() > deadline:
                    child.kill()
                await asyncio.sleep(_POLL_S)
    except OSError as error:
        raise _unwritable(directory, error) from error


def _require_alive(child: subprocess.Popen[bytes], directory: Path) -> None:
    code = child.poll()
    if code == EXIT_UNWRITABLE:
        raise OSError(errno.ENOSPC, "no room, or no permission")
    if code is not None:
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
