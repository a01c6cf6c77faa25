"""Which files the imports of an index mean, and keeping that true as files come and go.

An import is resolved when its file is read. A file that comes later may be what it meant, and one
that goes may leave it with another: such imports are resolved again after a scan.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from aicopilot_lsp.context.index.modules import CONFIG_NAMES, Known, resolve
from aicopilot_lsp.context.index.opening import Root
from aicopilot_lsp.store.index.types import FileRow, ImportRow, LooseImport

_MAX_CONFIG_BYTES = 256 << 10
_WORD = re.compile(r"[\w-]+")


class Targets:
    """The files of a workspace as imports are told apart by. Not for two threads at once."""

    def __init__(self, root: Root, paths: Iterable[str]) -> None:
        self._root = root
        self._known = Known(paths)
        self._changed: set[str] = set()

    @property
    def are_stale(self) -> bool:
        """Files have come or gone since imports were resolved again."""
        return bool(self._changed)

    def adopt(self, paths: set[str]) -> None:
        """These are all files that there are."""
        if len(self._known):  # else no import has been resolved yet
            self._changed |= {path for path in paths if path not in self._known}
        self._known = Known(paths)
        for path in paths:
            self._note_config(path)

    def add(self, path: str) -> None:
        """A file is there, and may be new or have changed."""
        if path not in self._known or _name(path) in CONFIG_NAMES:
            self._changed.add(path)
        self._known.add(path)
        self._note_config(path)

    def remove(self, path: str) -> None:
        """A file is gone."""
        self._changed.add(path)
        self._known.remove(path)
        self._note_config(path)

    def resolved(self, row: FileRow) -> FileRow:
        """`row` with the targets of its imports."""
        imports = (self._with_target(one, row) for one in row.imports)
        return replace(row, imports=tuple(imports))

    def settle(self, loose: Iterable[LooseImport]) -> list[tuple[int, str]]:
        """Of imports without a target that is there, which have one now: their keys and targets.
        What comes next is compared with the files of now."""
        words = {word for path in self._changed for word in _words_of(path)}
        # A package's name is in its configuration, not in its path.
        any_word = any(_name(path) in CONFIG_NAMES for path in self._changed)
        self._changed.clear()
        found = []
        for one in loose:
            if not (any_word or one.target or _may_mean(one, words)):
                continue
            target = resolve(self._known, one.path, one.language, one.module, one.name)
            if target != one.target:
                found.append((one.key, target))
        return found

    def _with_target(self, one: ImportRow, row: FileRow) -> ImportRow:
        target = resolve(self._known, row.path, row.language, one.module, one.name)
        return replace(one, target=target) if target else one

    def _note_config(self, path: str) -> None:
        if _name(path) in CONFIG_NAMES:
            self._known.set_config(path, self._root.read_text(path, _MAX_CONFIG_BYTES))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _may_mean(one: LooseImport, words: set[str]) -> bool:
    """Whether the import names any of the words; most are of libraries and name none."""
    written = _WORD.findall(f"{one.module} {one.name}")
    return any(_plain(word) in words for word in written)


def _words_of(path: str) -> Iterable[str]:
    """Those one of which an import of the file has: its stem; its folder, where it is the file of
    a whole package."""
    *folders, name = path.split("/")
    yield _plain(name.partition(".")[0])
    if folders:
        yield _plain(folders[-1])


def _plain(word: str) -> str:
    """FooBar of Elixir lies in foo_bar.ex, _part.scss is imported as part."""
    return word.replace("_", "").lower()
