"""One model process for all of a user's editors: found, started, replaced, stopped.

`ensure` gives the address of a process that runs what is wanted, with the model loaded. Editors
that ask at the same moment get the same process: `start.lock` is held while one is started, and the
process itself holds `process.lock` as long as it lives. Only while it does is anything sent to the
address in its note. Nothing here blocks the event loop.
"""

import asyncio
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aicopilot_lsp import __version__
from aicopilot_lsp.errors import ModelError, ModelErrorKind, ModelProcessError
from aicopilot_lsp.models.embedded.record import (
    SHUTDOWN_PATH,
    STATUS_PATH,
    WAIT_PATH,
    ProcessSpec,
    Record,
    live_record,
    log_path,
    process_dir,
    process_lives,
    read_record,
    remove_stale_record,
    started_at,
)
from aicopilot_lsp.models.embedded.starting import prepare, reap, start
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.http import Deadline, Transport

# A running model is replaced by another only when nobody has used it for this long: two editors
# with different models would otherwise reload gigabytes in turn at each keystroke.
REPLACE_AFTER_IDLE_S = 30.0
LOAD_TIMEOUT_S = 320.0
_STATUS_TIMEOUT_S = 2.0
_STOP_TIMEOUT_S = 10.0
_POLL_S = 0.02
_ATTEMPTS = 3


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
    directory = prepare(state_dir)
    for _ in range(_ATTEMPTS):
        record = live_record(directory)
        status = await _loaded(transport, record) if record else None
        if record is None or status is None:
            await start(spec, directory, mute=record)
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
    record = live_record(process_dir(state_dir))
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
    if not process_lives(directory):
        with suppress(OSError):
            remove_stale_record(directory)
        reap()
        return False
    record = await _asked_to_end(transport, directory)
    # The pid is signalled only while it is surely that process's: it may be another's by now, or
    # one of another container. A note without a time is from a system that can't tell.
    if record is not None and record.started is not None:
        for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            if process_lives(directory) and started_at(record.pid) == record.started:
                with suppress(OSError):
                    os.kill(record.pid, number)
                await _ended(directory, _STOP_TIMEOUT_S / 2)
    if process_lives(directory):
        which = f"(process {record.pid}) " if record is not None else ""
        raise ModelProcessError(
            f"The model process {which}does not end. Its log is {log_path(directory)}."
        )
    with suppress(OSError):
        remove_stale_record(directory)
    reap()
    return True


async def _asked_to_end(transport: Transport, directory: Path) -> Record | None:
    """Ask the process to end and wait for that; its note, if it has not ended. A note may still
    have to come: the process is starting, or has lost it."""
    asked: Record | None = None
    ends_at = time.monotonic() + _STOP_TIMEOUT_S
    while process_lives(directory) and time.monotonic() < ends_at:
        record = live_record(directory)
        if record is None or record == asked:
            await asyncio.sleep(_POLL_S)
            continue
        asked = record
        if not await _ask(transport, record, SHUTDOWN_PATH, _STATUS_TIMEOUT_S):
            await _ended(directory, _STATUS_TIMEOUT_S)
            break
    return asked if process_lives(directory) else None


def lives(state_dir: Path) -> bool:
    """Whether there is a process, answering or not."""
    directory = process_dir(state_dir)
    return process_lives(directory)


def is_there(state_dir: Path, pid: int) -> bool:
    """Whether process `pid` is alive and the one to ask."""
    record = live_record(process_dir(state_dir))
    return record is not None and record.pid == pid


def crashed(state_dir: Path, pid: int) -> bool:
    """Whether process `pid` ended without taking its note away."""
    directory = process_dir(state_dir)
    record = read_record(directory)
    return record is not None and record.pid == pid and not process_lives(directory)


def left(state_dir: Path, pid: int) -> bool:
    """Whether process `pid` is no longer the one to ask: ended in order, or replaced."""
    record = read_record(process_dir(state_dir))
    return record is None or record.pid != pid


def _endpoint(record: Record) -> Endpoint:
    return Endpoint(base_url=record.base_url, uds=record.socket, key=record.key)


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


async def _loaded(transport: Transport, record: Record) -> dict[str, Any] | None:
    """What the process says once it has loaded the model. First without waiting: who does not
    answer at once is not worth a model's loading time."""
    status = await _ask(transport, record, STATUS_PATH, _STATUS_TIMEOUT_S)
    if status is None or status.get("state") != "loading":
        return status
    return await _ask(transport, record, WAIT_PATH, LOAD_TIMEOUT_S)


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


async def _ended(directory: Path, timeout_s: float) -> bool:
    """Wait until no process holds the lock; whether that came."""
    deadline = time.monotonic() + timeout_s
    while process_lives(directory):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_S)
    reap()
    return True
