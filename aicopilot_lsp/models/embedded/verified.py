"""Whether a model file holds the pinned bytes: hashed once for each state of the file.

Hashing half a gigabyte takes 0.5 to 2 s, too long for every start. What it gave is kept beside the
file in `NAME.verified`, with the size, time and inode of what was hashed; a file that differs in
any of these is hashed anew. The stamp guards against damage, not against someone who may write to
the model directory: who can do that could change the stamp too.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any


def verify(path: Path, sha256: str, *, anew: bool = False) -> bool:
    """Whether the file is the one that `sha256` names. Hashes where the stamp does not say it, or
    always when `anew`: not on an event loop. Raises OSError."""
    if not anew and (known := known_sha256(path)) is not None:
        return known == sha256
    with path.open("rb") as file:
        before = _identity(os.fstat(file.fileno()))
        found = hashlib.file_digest(file, "sha256").hexdigest()
        unchanged = _identity(os.fstat(file.fileno())) == before
    if unchanged:
        _write(path, {**before, "sha256": found})
    return found == sha256


def stamp(path: Path, sha256: str) -> None:
    """Note that the file, whose bytes were just hashed on their way to it, has this SHA-256."""
    with contextlib.suppress(OSError):  # without a stamp it is hashed once more
        _write(path, {**_identity(path.stat()), "sha256": sha256})


def known_sha256(path: Path) -> str | None:
    """The SHA-256 of the file as it is now, where that is known; reads only the stamp."""
    try:
        noted: dict[str, Any] = json.loads(stamp_path(path).read_bytes())
        found = noted.pop("sha256")
        return str(found) if noted == _identity(path.stat()) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def stamp_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.verified")


def _identity(found: os.stat_result) -> dict[str, int]:
    return {"size": found.st_size, "mtime_ns": found.st_mtime_ns, "inode": found.st_ino}


def _write(path: Path, noted: dict[str, Any]) -> None:
    """Where the directory can't be written to, each start hashes: slower, and as safe."""
    target = stamp_path(path)
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(noted, file)
        temporary.replace(target)
