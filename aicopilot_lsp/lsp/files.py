"""URIs as the prompt and the exclusion patterns see them; nothing here touches the disk."""

import os
from collections.abc import Iterable
from pathlib import Path

from pygls.uris import to_fs_path

from aicopilot_lsp.lsp.client import Folder


def path_in_workspace(uri: str, folders: Iterable[Folder]) -> str:
    """The path of `uri` relative to the innermost folder that holds it, with "/".

    Outside all folders the file's name; "" for what is no file.
    """
    path = local_path(uri)
    if path is None:
        return ""
    holding = [root for root in roots(folders) if path.is_relative_to(root)]
    if not holding:
        return path.name
    return path.relative_to(max(holding, key=lambda root: len(root.parts))).as_posix()


def roots(folders: Iterable[Folder]) -> list[Path]:
    """The folders that are on this machine's disk."""
    return [path for folder in folders if (path := local_path(folder.uri)) is not None]


def local_path(uri: str) -> Path | None:
    """The absolute path that a file: URI names, without ".." in it; None for other schemes."""
    if not uri.startswith("file:"):
        return None
    try:
        path = to_fs_path(uri)
    except ValueError:
        return None
    if not path or "\0" in path:
        return None
    return Path(os.path.normpath(path))
