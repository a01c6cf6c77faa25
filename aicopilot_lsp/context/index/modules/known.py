"""The paths of a workspace, arranged so that modules can be found among them."""

import posixpath
from collections.abc import Iterable, Mapping

# Files whose text says how modules are found; who makes a Known reads them.
CONFIG_NAMES = frozenset(("tsconfig.json", "jsconfig.json", "package.json", "go.mod", "Cargo.toml"))
_MAX_CANDIDATES = 2000  # what is named oftener says nothing


class Known:
    """All paths of a workspace, and the texts of its CONFIG_NAMES by path.

    Mutable: files come and go one by one. Not for more than one thread.
    """

    def __init__(self, paths: Iterable[str] = (), configs: Mapping[str, str] | None = None) -> None:
        self._paths: set[str] = set()
        self._by_tail: dict[str, list[str]] = {}  # last two parts; or one, where there is one
        self._by_name: dict[str, list[str]] = {}
        self._in_folder: dict[str, list[str]] = {}
        self._parts: set[str] = set()  # those of gone files too
        self.configs = dict(configs or {})
        self.derived: dict[str, object] = {}  # what languages have made of the configs
        for path in paths:
            self.add(path)

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def __len__(self) -> int:
        return len(self._paths)

    def add(self, path: str) -> None:
        if path not in self._paths:
            self._paths.add(path)
            folder, _, name = path.rpartition("/")
            self._parts.add(name.partition(".")[0])
            if folder not in self._in_folder:
                self._parts.update(folder.split("/"))
            for table, key in self._places(path):
                table.setdefault(key, []).append(path)

    def remove(self, path: str) -> None:
        if path in self._paths:
            self._paths.remove(path)
            for table, key in self._places(path):
                table[key].remove(path)

    def _places(self, path: str) -> tuple[tuple[dict[str, list[str]], str], ...]:
        folder, _, name = path.rpartition("/")
        tail = f"{folder.rpartition('/')[2]}/{name}"
        return (self._by_tail, tail), (self._by_name, name), (self._in_folder, folder)

    def may_have(self, part: str) -> bool:
        """Whether a folder, or a file but for its extensions, may be named `part`; most modules are
        of libraries, and no name of theirs is one of the workspace."""
        return part in self._parts

    def set_config(self, path: str, text: str | None) -> None:
        """A file of CONFIG_NAMES has changed, or (None) is gone."""
        if text is None:
            self.configs.pop(path, None)
        else:
            self.configs[path] = text
        self.derived.clear()

    def first(self, candidates: Iterable[str]) -> str:
        """The first of these that there is, or ""."""
        return next((one for one in candidates if one in self._paths), "")

    def in_folder(self, folder: str) -> list[str]:
        """The files directly in a folder."""
        return self._in_folder.get(folder, [])

    def ending(self, suffix: str) -> list[str]:
        """The paths that are `suffix` or end with "/" and it; [] for what is named too often."""
        parts = suffix.split("/")
        if len(parts) == 1:
            found = self._by_name.get(suffix, [])
        else:
            found = self._by_tail.get("/".join(parts[-2:]), [])
        if len(found) > _MAX_CANDIDATES:
            return []
        if len(parts) <= 2:
            return found
        return [path for path in found if path == suffix or path.endswith("/" + suffix)]

    def nearest(self, suffix: str, path: str) -> str:
        """Of `ending`, the one that shares most folders with `path`, then the shallowest; or ""."""
        return closest(self.ending(suffix), path)


def closest(candidates: Iterable[str], path: str) -> str:
    """The candidate that shares most leading folders with `path`, then the shallowest; or ""."""
    parts = path.split("/")[:-1]

    def rank(candidate: str) -> tuple[int, int, str]:
        others = candidate.split("/")
        shared = 0
        for mine, other in zip(parts, others, strict=False):
            if mine != other:
                break
            shared += 1
        return -shared, len(others), candidate

    return min(candidates, key=rank, default="")


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def outwards(folder: str) -> Iterable[str]:
    """`folder` and those around it, to the root ("")."""
    while folder:
        yield folder
        folder = folder_of(folder)
    yield ""


def join(folder: str, relative: str) -> str | None:
    """A relative path from a folder, normalised; None where it leads out of the root."""
    path = posixpath.normpath(posixpath.join(folder, relative))
    if path.startswith(("../", "/")) or path == "..":
        return None
    return "" if path == "." else path
