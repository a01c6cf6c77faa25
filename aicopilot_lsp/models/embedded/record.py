"""What the model process is to run, and the note it leaves for others to find it.

All of it lies in `model/` of the state directory: `process.json` (0600, with the address and the
random key), `process.lock`, which the process holds as long as it lives, `start.lock`, which is
held while one is started, and `process.log`. Whether the process lives is asked of the lock, not
of its pid: the system frees the lock with the process, and no other process can take it over.
"""

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from aicopilot_lsp.config.settings import Secret

STATUS_PATH = "/aicopilot/status"
WAIT_PATH = "/aicopilot/status?wait=ready"
SHUTDOWN_PATH = "/aicopilot/shutdown"
EXIT_UNWRITABLE = 6
_RECORD_FILE = "process.json"
_PROCESS_LOCK = "process.lock"
_START_LOCK = "start.lock"
_LOG_FILE = "process.log"


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
    """Where a running model process is, and the key to it."""

    pid: int
    port: int
    key: Secret

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def process_dir(state_dir: Path) -> Path:
    return state_dir / "model"


def log_path(directory: Path) -> Path:
    return directory / _LOG_FILE


def read_record(directory: Path) -> Record | None:
    """The note in `directory`, or None where there is none that can be read."""
    try:
        content: dict[str, Any] = json.loads((directory / _RECORD_FILE).read_bytes())
        pid, port, key = content["pid"], content["port"], content["key"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not (isinstance(pid, int) and isinstance(port, int) and isinstance(key, str)):
        return None
    if not (pid > 0 and 0 < port < 65536 and key.isascii() and key.isprintable() and key):
        return None
    return Record(pid=pid, port=port, key=Secret(key))


def write_record(directory: Path, record: Record) -> None:
    """Readers see the old note or the new one, whole. Raises OSError."""
    target = directory / _RECORD_FILE
    temporary = directory / f"{_RECORD_FILE}.{os.getpid()}.tmp"
    content = {"pid": record.pid, "port": record.port, "key": record.key.reveal()}
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


def process_lives(directory: Path) -> bool:
    """Whether a model process holds its lock."""
    lock = process_lock(directory)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False  # nothing can be written here, so nothing of ours runs here
    lock.release()
    return False
