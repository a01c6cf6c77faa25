"""A half-made model file: its bytes so far, their hash, and enough notes to go on from there.

All sources of a model give the same bytes, so whatever a partial file holds is a beginning that any
of them may continue; the final hash finds out if it was not. Beside `NAME.part`, `NAME.part.json`
holds the validator of the URL (for If-Range) and the lengths of the slices that are finished.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from filelock import FileLock

from aicopilot_lsp.models.embedded import verified

_READ_BYTES = 1 << 20


class PartialFile:
    """The file being made. Open it as a context manager; it stays on disk until `finish`
    or `discard`. Every method may raise OSError."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.folder = pull_folder(target)
        self._path, self._notes_path = partial_paths(target)
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self.size_bytes = 0
        self.notes: dict[str, Any] = {}

    def __enter__(self) -> "PartialFile":
        self._file = self._path.open("a+b")
        self.notes = _read_notes(self._notes_path)
        self._file.seek(0)
        while block := self._file.read(_READ_BYTES):
            self._hash.update(block)
            self.size_bytes += len(block)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()
        if not self.size_bytes:  # nothing fetched: leave nothing behind
            self._unlink()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def append(self, block: bytes) -> None:
        assert self._file is not None  # noqa: S101 - inside the context
        self._file.write(block)
        self._hash.update(block)
        self.size_bytes += len(block)

    def save_notes(self, **notes: Any) -> None:
        """Put the bytes so far on disk, then what is known about them."""
        self._sync()
        self.notes = notes
        # Not written over: an older one may be readable by others.
        self._notes_path.unlink(missing_ok=True)
        descriptor = os.open(self._notes_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(notes, file)

    def truncate(self, size_bytes: int) -> None:
        """Keep the first `size_bytes` bytes."""
        assert self._file is not None  # noqa: S101
        if size_bytes == self.size_bytes:
            return
        self._file.flush()
        self._file.truncate(size_bytes)
        self._hash = hashlib.sha256()
        self.size_bytes = 0
        self._file.seek(0)
        while block := self._file.read(_READ_BYTES):
            self._hash.update(block)
            self.size_bytes += len(block)

    def finish(self) -> None:
        """Make it the model file. Only after its hash was compared."""
        self._sync()
        self._close()
        self._path.replace(self._target)
        verified.stamp(self._target, self.sha256)
        self._notes_path.unlink(missing_ok=True)
        _sync_directory(self._target.parent)

    def discard(self) -> None:
        """Start again from nothing."""
        self.truncate(0)
        self.notes = {}
        self._notes_path.unlink(missing_ok=True)

    def _sync(self) -> None:
        assert self._file is not None  # noqa: S101
        self._file.flush()
        os.fsync(self._file.fileno())

    def _close(self) -> None:
        if self._file is None:
            return
        file, self._file = self._file, None
        try:
            file.close()
        except OSError:  # what is buffered does not fit: the bytes on disk are still a beginning
            with contextlib.suppress(OSError):
                file.close()

    def _unlink(self) -> None:
        for path in (self._path, self._notes_path):
            path.unlink(missing_ok=True)


def partial_paths(target: Path) -> tuple[Path, Path]:
    """Where the partial file of `target` and its notes are."""
    return target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.json")


def pull_folder(target: Path) -> Path:
    """Where a pull puts what is no beginning of the file. Whoever holds the pull's lock may sweep
    it."""
    return target.with_name(f".{target.name}.pull")


def pull_lock(target: Path) -> FileLock:
    """Held by whoever makes `target`, or takes it away."""
    return FileLock(target.with_name(f".{target.name}.lock"), mode=0o600, thread_local=False)


def _read_notes(path: Path) -> dict[str, Any]:
    try:
        notes = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _sync_directory(path: Path) -> None:
    """Make a rename outlive a power cut, where directories can be synced."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
