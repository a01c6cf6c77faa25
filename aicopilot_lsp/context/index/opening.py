"""Reading below one folder and nowhere else.

A workspace may be hostile and change while it is read. So each folder on the way to a file is
opened from the one around it, and none of them, nor the file, may be a link: what is checked is
what is read. Only regular files are opened; a pipe would block, and opening a device does things.
Where the system can't open relative to a folder (Windows), real paths are compared instead.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aicopilot_lsp.context.index.refusal import Refusal

_RELATIVE = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
_FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FILE_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """By what a file is taken for unchanged without reading it."""

    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Content:
    data: bytes
    stamp: Stamp


class Root:
    """One folder. Paths are relative to it, with "/", without "." and ".." and links resolved.

    Raises
    ------
    OSError
        By the constructor: it is no folder that can be opened.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.realpath(path)
        self._descriptor = -1
        self.reopen()

    def reopen(self) -> None:
        """Begin anew with the folder that is at the path by now. Raises OSError."""
        if not _RELATIVE:
            os.scandir(self.path).close()
            return
        descriptor = os.open(self.path, _FOLDER_FLAGS)
        self.close()
        self._descriptor = descriptor

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def relative(self, path: str) -> str | None:
        """A path below the root as all others here take it; None for any other. Asks no disk."""
        if os.path.isabs(path):  # noqa: PTH117 - strings all along; a Path for each costs too much
            try:
                path = os.path.relpath(path, self.path)
            except ValueError:  # another drive
                return None
        path = path.replace(os.sep, "/").strip("/")
        parts = path.split("/")
        if not path or "\0" in path or ".." in parts:
            return None
        return "/".join(part for part in parts if part not in ("", ".")) or None

    def read(self, path: str, max_bytes: int) -> Content | Refusal:
        """The bytes of a regular file that has at most `max_bytes`."""
        try:
            *folders, name = _parts(path)
            with self._opened("/".join(folders)) as at:
                return _read(at, name, max_bytes)
        except (OSError, ValueError) as error:
            return _refusal(error)

    def read_text(self, path: str, max_bytes: int) -> str | None:
        """The text of a small file, cut at one character more than `max_bytes` allows (so that who
        asks can tell); None where there is no such file."""
        found = self.read(path, max_bytes)
        if found is Refusal.TOO_LARGE:
            return "*" * (max_bytes + 1)
        return None if isinstance(found, Refusal) else found.data.decode("utf-8", "replace")

    def stamp(self, path: str) -> Stamp | Refusal:
        """Of a regular file, without opening it."""
        try:
            *folders, name = _parts(path)
            with self._opened("/".join(folders)) as at:
                found = at.lstat(name)
        except (OSError, ValueError) as error:
            return _refusal(error)
        return _stamp(found) if stat.S_ISREG(found.st_mode) else _kind_refusal(found.st_mode)

    def is_folder(self, path: str) -> bool:
        """Whether it is a folder that is reached without a link."""
        try:
            with self._opened(path):
                return True
        except (OSError, ValueError):
            return False

    @contextmanager
    def listing(self, folder: str) -> Iterator[Iterator[os.DirEntry[str]]]:
        """What is in a folder; its entries can be asked for their stat within the `with`.

        Raises
        ------
        OSError, ValueError
            It is no folder, can't be read, or there is a link on the way.
        """
        with self._opened(folder) as at, os.scandir(at.scannable) as entries:
            yield entries

    @contextmanager
    def _opened(self, folder: str) -> "Iterator[_Folder]":
        if not _RELATIVE:
            yield _Folder(path=_unlinked(self.path, folder))
            return
        descriptor = os.dup(self._descriptor)
        try:
            for part in _parts(folder):
                inner = os.open(part, _FOLDER_FLAGS, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield _Folder(descriptor=descriptor)
        finally:
            os.close(descriptor)


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that is open: by its descriptor, or else by its checked path."""

    descriptor: int = -1
    path: str = ""

    @property
    def scannable(self) -> str:
        # scandir takes a descriptor as well, which its annotations keep from a union.
        return self.path or self.descriptor  # type: ignore[return-value]

    def lstat(self, name: str) -> os.stat_result:
        if self.path:
            return os.lstat(os.path.join(self.path, name))  # noqa: PTH118
        return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)

    def open(self, name: str) -> int:
        if self.path:
            return os.open(os.path.join(self.path, name), _FILE_FLAGS)  # noqa: PTH118
        return os.open(name, _FILE_FLAGS, dir_fd=self.descriptor)


def _parts(path: str) -> list[str]:
    """Raises ValueError for a path that is not written as it must be, and might lead out."""
    parts = path.split("/") if path else []
    if any(part in ("", ".", "..") or os.sep in part for part in parts):
        raise ValueError("not a path below the root")
    return parts


def _unlinked(root: str, folder: str) -> str:
    path = os.path.join(root, *_parts(folder))  # noqa: PTH118
    if os.path.normcase(os.path.realpath(path)) != os.path.normcase(path):
        raise ValueError("there is a link on the way")
    return path


def _read(at: _Folder, name: str, max_bytes: int) -> Content | Refusal:
    found = at.lstat(name)
    if not stat.S_ISREG(found.st_mode):
        return _kind_refusal(found.st_mode)
    if found.st_size > max_bytes:
        return Refusal.TOO_LARGE
    descriptor = at.open(name)
    try:
        found = os.fstat(descriptor)  # it may be another one by now
        if not stat.S_ISREG(found.st_mode):
            return _kind_refusal(found.st_mode)
        data = _up_to(descriptor, max_bytes + 1)
    finally:
        os.close(descriptor)
    return Refusal.TOO_LARGE if len(data) > max_bytes else Content(data, _stamp(found))


def _up_to(descriptor: int, count: int) -> bytes:
    """A file may grow while it is read, and some systems give it in pieces."""
    pieces: list[bytes] = []
    while count > 0 and (piece := os.read(descriptor, min(count, 1 << 20))):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _stamp(found: os.stat_result) -> Stamp:
    return Stamp(found.st_size, found.st_mtime_ns)


def _kind_refusal(mode: int) -> Refusal:
    return Refusal.LINK if stat.S_ISLNK(mode) else Refusal.NOT_A_FILE


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, FileNotFoundError):
        return Refusal.NOT_A_FILE
    # A link where a folder or a file was expected: which of these numbers depends on the system.
    if isinstance(error, ValueError) or _number(error) in (errno.ELOOP, errno.EMLINK):
        return Refusal.LINK
    return Refusal.LINK if isinstance(error, NotADirectoryError) else Refusal.UNREADABLE


def _number(error: Exception) -> int | None:
    return error.errno if isinstance(error, OSError) else None
