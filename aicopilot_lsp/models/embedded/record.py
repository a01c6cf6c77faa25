"""What the model process is to run, and the note it leaves for others to find it.

All of it lies in `model/` of the state directory: `process.json` (0600, with the address and the
random key), `process.sock`, where it is reached, `process.lock`, which the process holds as long as
it lives, `start.lock`, which is held while one is started, and `process.log`. Whether the process
lives is asked of the lock, not of its pid: the system frees the lock with the process, and no other
process can take it over. A note counts only while the lock is held: afterwards the port in it may
be anybody's.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from aicopilot_lsp.config.settings import Secret

STATUS_PATH = "/aicopilot/status"
WAIT_PATH = "/aicopilot/status?wait=ready"
SHUTDOWN_PATH = "/aicopilot/shutdown"
EXIT_LOCKED, EXIT_FAILED, EXIT_CRASHED, EXIT_UNWRITABLE = 3, 4, 5, 6
_RECORD_FILE = "process.json"
_PROCESS_LOCK = "process.lock"
_START_LOCK = "start.lock"
_LOG_FILE = "process.log"
_SOCKET_FILE = "process.sock"
MAX_SOCKET_PATH_BYTES = 100  # 104 on macOS with the closing zero


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """What to run. `threads` None leaves it to the machine (hardware.py); `engine` is the module
    that is run as the engine, see engine.py for what it has to do."""

    model: str
    path: str
    sha256: str
    context_tokens: int
    threads: int | None
    idle_s: float
    engine: str = "aicopilot_lsp.models.embedded.engine"

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "ProcessSpec":
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Where a running model process is, and the key to it.

    Attributes
    ----------
    socket : Path or None
        The Unix socket in the private directory, where there is one: nobody else can listen there,
        whereas the port may be taken over by anyone as soon as the process ends.
    started : str or None
        When the process began, as the system counts it; the pid alone may be another's by now.
    """

    pid: int
    port: int
    key: Secret
    socket: Path | None = None
    started: str | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def process_dir(state_dir: Path) -> Path:
    return state_dir / "model"


def log_path(directory: Path) -> Path:
    return directory / _LOG_FILE


def socket_path(directory: Path) -> Path | None:
    """Where the process listens besides its port; None where no socket can be."""
    path = directory / _SOCKET_FILE
    if sys.platform == "win32" or len(os.fsencode(path)) > MAX_SOCKET_PATH_BYTES:
        return None
    return path


def live_record(directory: Path) -> Record | None:
    """The note of the process that lives now, or None."""
    record = read_record(directory)
    return record if record is not None and process_lives(directory) else None


def read_record(directory: Path) -> Record | None:
    """The note in `directory`, whose process may be dead; None where none can be read."""
    try:
        content: dict[str, Any] = json.loads((directory / _RECORD_FILE).read_bytes())
        pid, port, key = content["pid"], content["port"], content["key"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not (isinstance(pid, int) and isinstance(port, int) and isinstance(key, str)):
        return None
    if not (pid > 0 and 0 < port < 65536 and key.isascii() and key.isprintable() and key):
        return None
    started = content.get("started")
    return Record(
        pid=pid,
        port=port,
        key=Secret(key),
        # The name is ours: a note can't lead elsewhere.
        socket=socket_path(directory) if content.get("socket") is True else None,
        started=started if isinstance(started, str) else None,
    )


def write_record(directory: Path, record: Record) -> None:
    """Readers see the old note or the new one, whole. Raises OSError."""
    target = directory / _RECORD_FILE
    temporary = directory / f"{_RECORD_FILE}.{os.getpid()}.tmp"
    content = {
        "pid": record.pid,
        "port": record.port,
        "key": record.key.reveal(),
        "socket": record.socket is not None,
        "started": record.started,
    }
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def remove_record(directory: Path) -> None:
    with contextlib.suppress(OSError):
        (directory / _RECORD_FILE).unlink()


def process_lock(directory: Path) -> FileLock:
    return FileLock(directory / _PROCESS_LOCK, mode=0o600, thread_local=False)


def start_lock(directory: Path) -> FileLock:
    return FileLock(directory / _START_LOCK, mode=0o600, thread_local=False)


def lock_identity(directory: Path) -> tuple[int, int] | None:
    """Which file the process lock is. Another one than before: the directory was removed, and a
    lock held on the old file keeps nobody from starting another process."""
    try:
        found = (directory / _PROCESS_LOCK).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def process_lives(directory: Path) -> bool:
    """Whether a model process holds its lock."""
    try:
        with _lock_looked_at(directory) as free:
            return not free
    except OSError:
        return False  # nothing can be read here, so nothing of ours runs here


def remove_stale_record(directory: Path) -> bool:
    """Take away what a dead process has left; does nothing and returns False while one lives.

    Raises
    ------
    OSError
        The directory can't be used.
    """
    with _lock_looked_at(directory) as free:
        if free:  # and stays so: no process gets its lock while we look
            remove_record(directory)
        return free


def started_at(pid: int) -> str | None:
    """When process `pid` began, in the system's own terms, or None where that can't be told."""
    try:
        # The name of the program, in parentheses, may hold anything; the 20th field after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[19]
    except (OSError, IndexError, ValueError):
        return None


if sys.platform == "win32":

    @contextlib.contextmanager
    def _lock_looked_at(directory: Path) -> Iterator[bool]:
        """Whether the process lock is free."""
        lock = process_lock(directory)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

else:
    import fcntl

    @contextlib.contextmanager
    def _lock_looked_at(directory: Path) -> Iterator[bool]:
        """Whether the process lock is free. Those who look share it: were each to take it whole,
        they would take each other for the process."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(directory / _PROCESS_LOCK, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # some file systems say it this way
            os.close(descriptor)
            yield False
            return
        except OSError:
            os.close(descriptor)
            raise
        try:
            yield True
        finally:
            os.close(descriptor)
