"""One model process for all of a user's editors: found, started, replaced, stopped.

`ensure` gives the address of a process that runs what is wanted, with the model loaded. Editors
that ask at the same moment get the same process: `start.lock` is held while one is started, and the
process itself holds `process.lock` as long as it lives. Nothing here blocks the event loop.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from aicopilot_lsp import __version__
from aicopilot_lsp.config.paths import ensure_private_dir
from aicopilot_lsp.errors import ModelError, ModelErrorKind, ModelProcessError
from aicopilot_lsp.models.embedded.guard import SHUTDOWN_PATH, STATUS_PATH, WAIT_PATH
from aicopilot_lsp.models.embedded.record import (
    ProcessSpec,
    Record,
    log_path,
    process_dir,
    process_lives,
    read_record,
    remove_record,
    start_lock,
)
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.http import Deadline, Transport

PROCESS_MODULE = "aicopilot_lsp.models.embedded.process"
# A running model is replaced by another only when nobody has used it for this long: two editors
# with different models would otherwise reload gigabytes in turn at each keystroke.
REPLACE_AFTER_IDLE_S = 30.0
LOAD_TIMEOUT_S = 320.0
_STATUS_TIMEOUT_S = 2.0
_START_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 10.0
_POLL_S = 0.02
_ATTEMPTS = 3

_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A model process that answers."""

    endpoint: Endpoint
    pid: int
    status: dict[str, Any]


async def ensure(spec: ProcessSpec, state_dir: Path, transport: Transport) -> Running:
    """A process that runs `spec`, loaded; starts or replaces one where needed.

    Raises
    ------
    ModelProcessError
        It can't be started, or the model can't be loaded; says why.
    ModelError
        BUSY: another model is in use by another editor.
    """
    directory = _prepare(state_dir)
    for _ in range(_ATTEMPTS):
        record = read_record(directory)
        status = await _ask(transport, record, WAIT_PATH, LOAD_TIMEOUT_S) if record else None
        if record is None or status is None:
            await _start(spec, directory)
            continue
        if status.get("state") != "ready":
            raise ModelProcessError(
                f"{status.get('message', '')} Its log is {log_path(directory)}."
            )
        if _serves(status, spec):
            return Running(endpoint=_endpoint(record), pid=record.pid, status=status)
        await _make_room(transport, directory, record, status, spec)
    raise ModelProcessError(
        "The model process was started and does not answer. `aicopilot model stop` ends what is"
        f" left of it; its log is {log_path(directory)}."
    )


async def status(state_dir: Path, transport: Transport) -> Running | None:
    """The running process, or None; starts nothing."""
    record = read_record(process_dir(state_dir))
    answer = await _ask(transport, record, STATUS_PATH, _STATUS_TIMEOUT_S) if record else None
    if record is None or answer is None:
        return None
    return Running(endpoint=_endpoint(record), pid=record.pid, status=answer)


async def stop(state_dir: Path, transport: Transport) -> bool:
    """End the process; returns whether there was one.

    Raises
    ------
    ModelProcessError
        It does not end.
    """
    directory = process_dir(state_dir)
    if not directory.is_dir() or not process_lives(directory):
        remove_record(directory)
        _reap()
        return False
    record = read_record(directory)
    asked = record and await _ask(transport, record, SHUTDOWN_PATH, _STATUS_TIMEOUT_S)
    if asked and await _ended(directory, _STOP_TIMEOUT_S):
        return True
    if record is not None and process_lives(directory):
        # The note is the lock holder's, so the pid is too.
        for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            with suppress(OSError):
                os.kill(record.pid, number)
            if await _ended(directory, _STOP_TIMEOUT_S / 2):
                remove_record(directory)
                return True
    if process_lives(directory):
        raise ModelProcessError(
            f"The model process does not end. Its log is {log_path(directory)}."
        )
    return True


def lives(state_dir: Path) -> bool:
    """Whether there is a process, answering or not."""
    directory = process_dir(state_dir)
    return directory.is_dir() and process_lives(directory)


def crashed(state_dir: Path, pid: int) -> bool:
    """Whether process `pid` ended without taking its note away."""
    directory = process_dir(state_dir)
    record = read_record(directory)
    return record is not None and record.pid == pid and not process_lives(directory)


def left(state_dir: Path, pid: int) -> bool:
    """Whether process `pid` is no longer the one to ask: ended in order, or replaced."""
    record = read_record(process_dir(state_dir))
    return record is None or record.pid != pid


def _prepare(state_dir: Path) -> Path:
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


def _endpoint(record: Record) -> Endpoint:
    return Endpoint(base_url=record.base_url, key=record.key)


def _serves(status: dict[str, Any], spec: ProcessSpec) -> bool:
    """Whether the running process is what `spec` wants. An editor with another number of threads
    or another version of ours takes what runs, unless nobody is using it."""
    if not _same_model(status, spec):
        return False
    exact = status.get("threads") == spec.threads and status.get("version") == __version__
    return exact or not _unused(status)


def _same_model(status: dict[str, Any], spec: ProcessSpec) -> bool:
    wanted = (spec.sha256, spec.context_tokens)
    return (status.get("sha256"), status.get("context_tokens")) == wanted


def _unused(status: dict[str, Any]) -> bool:
    idle_s = status.get("idle_s")
    return isinstance(idle_s, int | float) and idle_s >= REPLACE_AFTER_IDLE_S


async def _make_room(
    transport: Transport,
    directory: Path,
    record: Record,
    status: dict[str, Any],
    spec: ProcessSpec,
) -> None:
    if not _unused(status):
        raise ModelError(
            f"The model {status.get('model')} with {status.get('context_tokens')} tokens of context"
            f" is in use, and {spec.model} with {spec.context_tokens} is wanted here. One runs at a"
            " time: give your editors the same settings, wait until it is unused for"
            f" {REPLACE_AFTER_IDLE_S:.0f} s, or run `aicopilot model stop`.",
            kind=ModelErrorKind.BUSY,
            retry_after_s=REPLACE_AFTER_IDLE_S,
        )
    await _ask(transport, record, SHUTDOWN_PATH, _STATUS_TIMEOUT_S)
    await _ended(directory, _STOP_TIMEOUT_S)


async def _ask(
    transport: Transport, record: Record, path: str, timeout_s: float
) -> dict[str, Any] | None:
    """The process's own word, or None when it is not there or not the one of the note."""
    body: dict[str, Any] | None = {} if path == SHUTDOWN_PATH else None
    try:
        answer = await transport.fetch_json(
            _endpoint(record), path, body=body, deadline=Deadline(timeout_s)
        )
    except ModelError:
        return None
    if path != SHUTDOWN_PATH and answer.get("pid") != record.pid:
        return None
    return answer


async def _start(spec: ProcessSpec, directory: Path) -> None:
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
                if child.poll() is not None:
                    raise ModelProcessError(
                        f"The model process ended at once (exit code {child.returncode})."
                        f" Its log is {log_path(directory)}."
                    )
                if time.monotonic() > deadline:
                    child.kill()
                    raise ModelProcessError(
                        f"The model process did not start in {_START_TIMEOUT_S:.0f} s."
                        f" Its log is {log_path(directory)}."
                    )
                await asyncio.sleep(_POLL_S)
    except OSError as error:
        raise _unwritable(directory, error) from error


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
    _reap()
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


def _reap() -> None:
    """Let go of children that ended, so that none stays as a zombie."""
    _children[:] = [child for child in _children if child.poll() is None]


async def _ended(directory: Path, timeout_s: float) -> bool:
    """Wait until no process holds the lock; whether that came."""
    deadline = time.monotonic() + timeout_s
    while process_lives(directory):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_S)
    _reap()
    return True
