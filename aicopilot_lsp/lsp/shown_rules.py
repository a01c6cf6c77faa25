"""What speaks against showing one document along with another: asked in a thread (shown.py)."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aicopilot_lsp.config.matching import is_hidden
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.context.index.ignore import MAX_IGNORE_BYTES, IgnoreRules
from aicopilot_lsp.context.index.names import is_printable_name, refused_folder, refused_name
from aicopilot_lsp.context.index.opening import Root
from aicopilot_lsp.routing import Place, prohibitions
from aicopilot_lsp.text.languages import language_id_for


@dataclass(frozen=True, slots=True)
class Document:
    """One document.

    Attributes
    ----------
    file : Path
        As the editor writes it.
    paths : tuple of str
        All that it has (files.py, Places.paths_of).
    language_id : str
        "" where it is not known.
    shown : str
        The path under which it would be shown ...
    beside : Path or None
        ... from this folder.
    """

    file: Path
    paths: tuple[str, ...]
    language_id: str
    shown: str
    beside: Path | None


def is_refused(document: Document, holders: Sequence[Path], settings: Settings) -> bool:
    """True where it may not be shown, or it can't be told."""
    try:
        return (
            is_hidden(document.paths, settings)
            or _is_routed_unseen(document, settings)
            or _is_left_out(document.file, holders, settings)
        )
    except (OSError, ValueError):  # ValueError: no file system has such a path
        return True


def _is_routed_unseen(document: Document, settings: Settings) -> bool:
    """Whether a route forbids it to a model by something that the path it is shown under does not
    tell: who decides by that alone would show it."""
    path, *aliases = document.paths
    whole = Place(path, document.language_id or language_id_for(path), tuple(aliases))
    folder = document.beside
    shown_whole = (
        ()
        if folder is None
        else (f"/{folder.relative_to(folder.anchor).as_posix()}/{document.shown}",)
    )
    alone = Place(document.shown, language_id_for(document.shown), shown_whole)
    return prohibitions(settings, alone) != prohibitions(settings, whole)


def _is_left_out(file: Path, holders: Sequence[Path], settings: Settings) -> bool:
    """What names and ignore files say, of the file as it is written and where links lead. Outside
    of all folders there are the names alone."""
    real = Path(os.path.realpath(file))
    if any(refused_name(path.name) or not is_printable_name(path.name) for path in (file, real)):
        return True
    within = list(_within(file, real, holders))
    if not within:
        return any(refused_folder(part) for path in (file, real) for part in path.parts)
    exclude = (settings.completion.exclude, settings.context.exclude)
    return any(_is_ignored(folder, paths, exclude) for folder, paths in within)


def _within(
    file: Path, real: Path, holders: Sequence[Path]
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Each real folder that holds the file, and the file's paths in it."""
    for holder in dict.fromkeys(holders):
        folder = Path(os.path.realpath(holder))
        ways = ((file, holder), (real, folder))
        paths = (path.relative_to(base) for path, base in ways if path.is_relative_to(base))
        found = tuple(dict.fromkeys(path.as_posix() for path in paths))
        if found:
            yield folder, found


def _is_ignored(folder: Path, paths: Sequence[str], exclude: Sequence[tuple[str, ...]]) -> bool:
    with closing(Root(str(folder))) as root:
        read = partial(root.read_text, max_bytes=MAX_IGNORE_BYTES)
        rules = IgnoreRules(read, root=root.path, exclude=exclude)
        return any(rules.refusal(path) is not None for path in paths)
