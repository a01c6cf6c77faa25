"""The engine's socket directories in a temporary directory, and the sweeping of those left there.

A model process that is killed together with its engine can't remove its own. What goes is ours, is
private, holds nothing but a socket that nobody listens at (or nothing, for an hour: an engine that
is loading may not have made its socket yet), and is removed by calls that fail on anything else.
"""

import contextlib
import os
import socket
import stat
import sys
import tempfile
import time
from pathlib import Path

_PREFIX = "aicopilot-"
SOCKET_NAME = "llama.sock"
_EMPTY_FOR_S = 3600.0
_CONNECT_S = 0.2


def fresh_directory(parent: Path) -> Path:
    """A new directory that only we may enter; raises OSError."""
    return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))  # 0700


def sweep(parent: Path) -> None:
    """Remove what engines that were killed have left in `parent`."""
    with contextlib.suppress(OSError):
        for directory in parent.glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                if _is_left(directory):
                    (directory / SOCKET_NAME).unlink(missing_ok=True)
                    directory.rmdir()


def _is_left(directory: Path) -> bool:
    if sys.platform == "win32":
        return False
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        return False
    names = [path.name for path in directory.iterdir()]
    if not names:
        return time.time() - found.st_mtime > _EMPTY_FOR_S
    return names == [SOCKET_NAME] and _nobody_listens(directory / SOCKET_NAME)


def _nobody_listens(path: Path) -> bool:
    if sys.platform == "win32" or not stat.S_ISSOCK(path.lstat().st_mode):
        return False
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_CONNECT_S)
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False
