"""Files that hold a secret: read only if nobody else can read them, and written so.

A symbolic link is followed, as stores of secrets hand them out; what counts is the file at its end,
checked after it was opened. On Windows the profile's own rights apply.
"""

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from aicopilot_lsp.config.paths import ensure_private_dir

_MAX_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a file was not read: what follows "the file FILE is". `missing`: there is none."""

    why: str
    missing: bool = False


def read_private(path: Path) -> str | Unusable:
    """The text of `path` with blanks at its ends cut off; never empty."""
    try:
        # Opening a pipe without O_NONBLOCK would wait for its writer.
        fd = os.open(path.expanduser(), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return Unusable("not there", missing=True)
    except (OSError, RuntimeError, ValueError):
        return Unusable("one that can't be read")
    try:
        if unusable := _fault(os.fstat(fd), path):
            return unusable
        text = os.read(fd, _MAX_BYTES).decode("utf-8-sig", "replace").strip()
    except OSError:
        return Unusable("one that can't be read")
    finally:
        os.close(fd)
    return text or Unusable("empty")


def write_private(path: Path, text: str) -> None:
    """Make `text` the content of `path` (0600) in one step, in a directory for its owner only
    (0700). Raises OSError."""
    ensure_private_dir(path.parent)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(fd)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _fault(found: os.stat_result, path: Path) -> Unusable | None:
    if not stat.S_ISREG(found.st_mode):
        return Unusable("no plain file")
    if os.name != "posix":
        return None
    if found.st_uid != os.geteuid():
        return Unusable("another user's; make a copy that is yours")
    if stat.S_IMODE(found.st_mode) & 0o077:
        return Unusable(
            f"open to others (mode {stat.S_IMODE(found.st_mode):04o}): run chmod 600 {path}"
        )
    return None
