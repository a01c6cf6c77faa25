"""Which file was being parsed when a worker ended: how one that crashes or hangs the parser is
found out.

A parser is native code: what goes wrong in it ends the process, and nobody is left to say where. So
the path is left in a file before each parse. Who finds one there on its start counts a strike
against it and parses it last and by itself; a killed worker leaves an innocent one there, and
that is parsed then. With two strikes a file is left alone until it changes.
"""

import json
import os
from pathlib import Path

MAX_STRIKES = 2
_MAX_SUSPECTS = 100
_RECORD_BYTES = 4096


class Journal:
    """The file in which a worker says what it is parsing, and the strikes against some paths.

    Raises
    ------
    OSError
        By the constructor: it can't be written.
    """

    def __init__(self, path: Path, suspects: str = "") -> None:
        """`suspects` is what `state` gave; what the file says of the last worker is added to it."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        self._descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
        self._strikes = _strikes(suspects)
        self._last = b""
        left = self._read()
        if left:
            self.strike(left)

    @property
    def state(self) -> str:
        """The strikes, to be kept for the next worker before this one parses anything."""
        return json.dumps(self._strikes) if self._strikes else ""

    def begin(self, path: str) -> None:
        """`path` is about to be parsed. Not synced: it has to outlive the process only."""
        record = path.encode("utf-8", "replace")[: _RECORD_BYTES - 1]
        # One write, which covers what was there before.
        self._write(record.ljust(len(self._last), b"\0"))
        self._last = record

    def rest(self) -> None:
        """Nothing is being parsed."""
        if self._last:
            self._write(bytes(len(self._last)))
            self._last = b""

    def strike(self, path: str) -> None:
        """A process has ended while it parsed `path`."""
        self._strikes[path] = self._strikes.get(path, 0) + 1
        while len(self._strikes) > _MAX_SUSPECTS:
            del self._strikes[next(iter(self._strikes))]

    def is_suspect(self, path: str) -> bool:
        return path in self._strikes

    def is_guilty(self, path: str) -> bool:
        """Whether it is not to be parsed as it is."""
        return self._strikes.get(path, 0) >= MAX_STRIKES

    def clear(self, path: str) -> None:
        """It was parsed, or its content is no longer the one that was accused."""
        self._strikes.pop(path, None)

    def close(self) -> None:
        self.rest()
        os.close(self._descriptor)

    def _read(self) -> str:
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._last = os.read(self._descriptor, _RECORD_BYTES).rstrip(b"\0")
        path = self._last.decode("utf-8", "replace")
        self.rest()
        return path

    def _write(self, record: bytes) -> None:
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, record)


def _strikes(suspects: str) -> dict[str, int]:
    try:
        raw = json.loads(suspects or "{}")
    except ValueError:
        return {}
    if not isinstance(raw, dict):
        return {}
    return {str(path): count for path, count in raw.items() if isinstance(count, int)}
