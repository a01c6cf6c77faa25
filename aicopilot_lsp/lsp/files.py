"""Which paths a document has, as the prompt and the patterns of the configuration see it.

A file that is excluded under one of its names must be so under each: as the editor writes it and
where links lead, in the folder it is in and in those around that. Finding out where links lead asks
the disk, which may be slow: it is done in a thread, once for each path. No file is opened.
"""

import asyncio
import os
import re
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pygls.uris import to_fs_path

from aicopilot_lsp.lsp.client import Folder

_MAX_PATHS = 512


class Places:
    """Where paths really lead; owned by the event loop."""

    def __init__(self) -> None:
        self._real: OrderedDict[Path, asyncio.Future[Path]] = OrderedDict()

    async def paths_of(self, uri: str, folders: Iterable[Folder]) -> tuple[str, ...]:
        """The paths of `uri`, with "/", relative to each folder that holds it; the first is that in
        the innermost one, as the editor writes both if one holds the other so.

        Where no folder holds it, its absolute path without the "/" in front, so that patterns find
        the directories in it; "" for what has no path. Last come the whole paths, with a "/" in
        front (config/matching.py).
        """
        path = _any_path(uri)
        if path is None:
            return ("",)
        holders = roots(folders)
        written = _within(path, holders)
        if not _is_file(uri):
            return (*(written or [_absolute(path)]), f"/{_absolute(path)}")
        real_path = await self.really(path)
        real_holders = [await self.really(root) for root in holders]
        found = [*written, *_within(real_path, real_holders)] or [_absolute(path)]
        if not any(real_path.is_relative_to(root) for root in real_holders):
            found.append(_absolute(real_path))
        found += [f"/{_absolute(path)}", f"/{_absolute(real_path)}"]
        return tuple(dict.fromkeys(found))

    async def really(self, path: Path) -> Path:
        """Where a path leads."""
        found = self._real.get(path)
        if found is None or (found.done() and (found.cancelled() or found.exception())):
            found = asyncio.ensure_future(asyncio.to_thread(_real, path))
            self._real[path] = found
            if len(self._real) > _MAX_PATHS:
                self._real.popitem(last=False)
        return await asyncio.shield(found)  # others wait for it, too

    def forget(self) -> None:
        """Links may lead elsewhere by now."""
        self._real.clear()


def roots(folders: Iterable[Folder]) -> list[Path]:
    """The folders that are on this machine's disk."""
    return [path for folder in folders if (path := local_path(folder.uri)) is not None]


def local_path(uri: str) -> Path | None:
    """The absolute path that a file: URI names, without ".." in it; None for other schemes."""
    if not _is_file(uri):
        return None
    try:
        path = to_fs_path(uri)
    except ValueError:
        return None
    if not path or "\0" in path:
        return None
    return Path(os.path.normpath(path))


def _any_path(uri: str) -> Path | None:
    """Also that of a notebook's cell or an older revision, whose URIs tell it under schemes of
    their own; None where there is none (a buffer without a name)."""
    if _is_file(uri):
        return local_path(uri)
    try:
        path = unquote(urlsplit(uri).path)
    except ValueError:
        return None
    if not path.startswith("/") or "\0" in path:
        return None
    return Path(os.path.normpath(path))


def _is_file(uri: str) -> bool:
    return re.match("file:", uri, re.IGNORECASE) is not None


def _within(path: Path, holders: Iterable[Path]) -> list[str]:
    """`path` in each of `holders` that holds it, the innermost first."""
    holding = {root for root in holders if path.is_relative_to(root)}
    inwards = sorted(holding, key=lambda root: len(root.parts), reverse=True)
    return [path.relative_to(root).as_posix() for root in inwards]


def _absolute(path: Path) -> str:
    return path.relative_to(path.anchor).as_posix()


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
