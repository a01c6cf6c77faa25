"""The model process: one per user, behind every editor's completions (`python -m` this).

It takes its lock, lets the guard listen, leaves the note that leads others here, and only then has
the engine load the model, so that whoever asks meanwhile waits instead of starting a second one.
It ends when it is told to, when nobody has used the model for a while, or when the engine ends.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import Timeout

from aicopilot_lsp import __version__
from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelProcessError
from aicopilot_lsp.models.embedded import hardware
from aicopilot_lsp.models.embedded.child import Engine
from aicopilot_lsp.models.embedded.guard import Guard, Upstream
from aicopilot_lsp.models.embedded.record import (
    EXIT_CRASHED,
    EXIT_FAILED,
    EXIT_LOCKED,
    EXIT_UNWRITABLE,
    ProcessSpec,
    Record,
    lock_identity,
    process_lock,
    read_record,
    remove_record,
    socket_path,
    started_at,
    write_record,
)

# Those who look at the lock hold it for moments. A longer wait would start, after a stop, what
# nobody wants any more.
_LOCK_TIMEOUT_S = 1.0
_FAILURE_SHOWN_S = 2.0  # how long those who wait may take to read why
_LOOK_S = 2.0


def main() -> int:
    """Arguments: the directory of record.py, the ProcessSpec as JSON."""
    directory, spec = Path(sys.argv[1]), ProcessSpec.from_json(sys.argv[2])
    os.umask(0o077)
    lock = process_lock(directory)
    try:
        lock.acquire(timeout=_LOCK_TIMEOUT_S)
    except Timeout:
        _log("another model process is running here")
        return EXIT_LOCKED
    try:
        remove_record(directory)  # a predecessor's that crashed
        return asyncio.run(_run(directory, spec, lock_identity(directory)))
    except OSError as error:
        # The log may be on the same full disk: the exit code has to say it.
        with contextlib.suppress(OSError):
            _log(f"{directory}: {error.strerror}")
        return EXIT_UNWRITABLE
    finally:
        lock.release()


class _State:
    """What /aicopilot/status says of the model."""

    def __init__(self, spec: ProcessSpec, engine: Engine) -> None:
        self._spec = spec
        self._engine = engine
        self.name = "loading"
        self.message = ""

    def __call__(self) -> Mapping[str, Any]:
        return {
            "state": self.name,
            "message": self.message,
            "model": self._spec.model,
            "sha256": self._spec.sha256,
            "context_tokens": self._spec.context_tokens,
            "threads": self._spec.threads,
            "version": __version__,
            "pid": os.getpid(),
            "rss_bytes": hardware.rss_bytes(self._engine.pid),
        }


async def _run(directory: Path, spec: ProcessSpec, lock: tuple[int, int] | None) -> int:
    loop = asyncio.get_running_loop()
    key = Secret(secrets.token_urlsafe(32))
    upstream: asyncio.Future[Upstream] = loop.create_future()
    engine = Engine(spec)
    state = _State(spec, engine)
    guard = Guard(key=key, upstream=upstream, status=state, clock=time.monotonic)
    socket = socket_path(directory)
    port = await guard.listen(socket)
    pid = os.getpid()
    record = Record(pid=pid, port=port, key=key, socket=socket, started=started_at(pid))
    write_record(directory, record)
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, guard.stopping.set)
    serving = asyncio.create_task(_serve(engine, guard, state, upstream, spec.idle_s))
    told = asyncio.create_task(guard.stopping.wait())
    looking = asyncio.create_task(_stay_findable(directory, record, lock, guard.stopping))
    crashed = False
    try:
        await asyncio.wait((serving, told), return_when=asyncio.FIRST_COMPLETED)
        code = serving.result() if serving.done() else 0
        crashed = code == EXIT_CRASHED
        return code
    finally:
        for task in (serving, told, looking):
            task.cancel()
        # A note that stays behind is how the others tell a crash from an orderly end.
        if lock_identity(directory) == lock:
            if not crashed:
                remove_record(directory)
            if socket is not None:
                socket.unlink(missing_ok=True)
        await asyncio.gather(serving, told, looking, return_exceptions=True)
        if not upstream.done():
            upstream.cancel()
        await guard.aclose()
        await engine.stop()


async def _stay_findable(
    directory: Path, record: Record, lock: tuple[int, int] | None, stopping: asyncio.Event
) -> None:
    """Put the note back when it was removed, and end when the state directory was: the next editor
    starts a process there, and two models would be in memory."""
    while True:
        await asyncio.sleep(_LOOK_S)
        gone = record.socket is not None and not record.socket.exists()
        if gone or lock_identity(directory) != lock:
            _log("the state directory is no longer the one this began in")
            stopping.set()
            return
        if read_record(directory) != record:
            with contextlib.suppress(OSError):
                write_record(directory, record)


async def _serve(
    engine: Engine,
    guard: Guard,
    state: _State,
    upstream: "asyncio.Future[Upstream]",
    idle_s: float,
) -> int:
    """Load the model and keep it until nobody uses it; returns the exit code."""
    try:
        loaded = await engine.start()
    except (ModelProcessError, OSError) as error:
        state.name, state.message = "failed", str(error)
        _log(str(error))
        upstream.set_exception(ModelProcessError(str(error)))
        upstream.exception()  # it is read by requests, if there are any
        await asyncio.sleep(_FAILURE_SHOWN_S)
        return EXIT_FAILED
    state.name = "ready"
    upstream.set_result(loaded)
    guard.touch()
    ended = asyncio.create_task(engine.wait())
    try:
        while (left_s := idle_s - guard.idle_s()) > 0:
            await asyncio.wait((ended,), timeout=left_s)
            if ended.done():
                _log(f"the engine ended with {ended.result()}")
                return EXIT_CRASHED
        _log(f"not used for {idle_s:.0f} s")
        return 0
    finally:
        ended.cancel()
        await asyncio.gather(ended, return_exceptions=True)


def _log(line: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
