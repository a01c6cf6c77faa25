"""Which path a document has, as the prompt and the exclusion patterns see it.

A file that is excluded under one of its names must be so under the other: where a folder or the way
to a document leads through a link, both spellings are compared. Finding that out asks the disk,
which may be slow: it is done in a thread, once for each directory. No file is opened.
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

_MAX_DIRECTORIES = 512


class Places:
    """Where directories really are; owned by the event loop."""

    def __init__(self) -> None:
        self._real: OrderedDict[Path, asyncio.Future[Path]] = OrderedDict()

    async def path_of(self, uri: str, folders: Iterable[Folder]) -> str:
        """The path of `uri` relative to the innermost folder that holds it, with "/".

        Outside all folders its absolute path without the "/" in front, so that patterns find the
        directories in it; "" for what has no path.
        """
        path = _any_path(uri)
        if path is None:
            return ""
        holders = roots(folders)
        if not _is_file(uri) or not holders:
            return _within(path, holders)
        # As the editor writes both, if one holds the other so; then by what they really are.
        if any(path.is_relative_to(root) for root in holders):
            return _within(path, holders)
        real_path = await self._really(path.parent) / path.name
        real_holders = [await self._really(root) for root in holders]
        if any(real_path.is_relative_to(root) for root in real_holders):
            return _within(real_path, real_holders)
        return _within(path, ())

    async def _really(self, directory: Path) -> Path:
        found = self._real.get(directory)
        if found is None or (found.done() and (found.cancelled() or found.exception())):
            found = asyncio.ensure_future(asyncio.to_thread(_real, directory))
            self._real[directory] = found
            if len(self._real) > _MAX_DIRECTORIES:
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


def _within(path: Path, holders: Iterable[Path]) -> str:
    holding = [root for root in holders if path.is_relative_to(root)]
    innermost = max(holding, key=lambda root: len(root.parts), default=Path(path.anchor))
    return path.relative_to(innermost).as_posix()


def _real(directory: Path) -> Path:
    return Path(os.path.realpath(directory))
