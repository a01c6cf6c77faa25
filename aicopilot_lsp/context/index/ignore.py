"""Which files of a workspace are not read, as its ignore files and the configuration say.

The order is fixed: what the user excludes and names that look like secrets hold in any case
(names.py); then the nearest .aicopilotignore that says something of a path, up or down; then
.gitignore as git has it (the nearest that says something, .git/info/exclude last). What lies in a
folder that is left out is left out, and no line of a file in it brings it back.

Not honoured, since they lie outside of the root: ignore files of folders around it, and git's
global one. Flow: walk.py asks for each folder and file; `refusal` asks for one path by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aicopilot_lsp.config.matching import is_meant
from aicopilot_lsp.context.index.gitpattern import GitPattern, last_match, parse
from aicopilot_lsp.context.index.names import is_printable_name, refused_folder, refused_name
from aicopilot_lsp.context.index.opening import Root
from aicopilot_lsp.context.index.refusal import Refusal

GITIGNORE = ".gitignore"
AICOPILOTIGNORE = ".aicopilotignore"
GIT_EXCLUDE = ".git/info/exclude"
IGNORE_FILES = frozenset((GITIGNORE, AICOPILOTIGNORE))
MAX_IGNORE_BYTES = 64 << 10
MAX_PATTERNS = 2000
MAX_DEPTH = 64
_TOO_LONG = "*" * (MAX_IGNORE_BYTES + 1)

ReadText = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class _Layer:
    """The patterns of one file, for paths that begin with `prefix` ("" or "folder/")."""

    prefix: str
    patterns: list[GitPattern]

    def says(self, path: str, *, is_folder: bool) -> bool | None:
        """True: left out; False: brought back; None: nothing."""
        return last_match(self.patterns, path[len(self.prefix) :], is_folder=is_folder)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds in one folder; the nearest layer first."""

    git: tuple[_Layer, ...] = ()
    own: tuple[_Layer, ...] = ()


class IgnoreRules:
    """The rules of one root, each ignore file read when its folder is first asked about. Made anew
    when one of them changes.

    Parameters
    ----------
    read_text : callable
        Of a path relative to the root; None where there is no such regular file. A text longer than
        MAX_IGNORE_BYTES leaves out the whole folder: a rule that is not understood must not show
        what it would have hidden.
    root : str
        Absolute path, for patterns of the user that begin with **/.
    exclude : sequence of tuples of patterns
        The user's lists; each by itself.
    """

    def __init__(
        self, read_text: ReadText, *, root: str = "", exclude: Sequence[tuple[str, ...]] = ()
    ) -> None:
        self._read_text = read_text
        self._whole = "/" + root.replace("\\", "/").strip("/")
        self._exclude = tuple(patterns for patterns in exclude if patterns)
        self._by_folder: dict[str, _Rules] = {}

    def folder(self, path: str) -> Refusal | None:
        """Why the folder `path` is left out, if those around it are not. What lies in it is not
        looked at: names.FOLDER_MARKS are walk.py's."""
        name = path.rpartition("/")[2]
        if not is_printable_name(name):
            return Refusal.NAME
        if refused_folder(name):
            return Refusal.FOLDER
        if path.count("/") >= MAX_DEPTH:
            return Refusal.TOO_DEEP
        return self._said(path, is_folder=True)

    def file(self, path: str) -> Refusal | None:
        """Why the file `path` is left out, if the folders around it are not."""
        name = path.rpartition("/")[2]
        if not is_printable_name(name):
            return Refusal.NAME
        return refused_name(name) or self._said(path, is_folder=False)

    def refusal(self, path: str) -> Refusal | None:
        """Why the file `path` is left out, folders around it included."""
        parts = path.split("/")
        for depth in range(1, len(parts)):
            refused = self.folder("/".join(parts[:depth]))
            if refused is not None:
                return refused
        return self.file(path)

    def _said(self, path: str, *, is_folder: bool) -> Refusal | None:
        if self._exclude and self._is_excluded(f"{path}/" if is_folder else path):
            return Refusal.EXCLUDED
        rules = self._rules(path.rpartition("/")[0])
        own = _first(rules.own, path, is_folder=is_folder)
        if own is not None:
            return Refusal.AICOPILOTIGNORE if own else None
        return Refusal.GITIGNORE if _first(rules.git, path, is_folder=is_folder) else None

    def _is_excluded(self, asked: str) -> bool:
        whole = f"{self._whole}/{asked}"
        return any(is_meant(asked, one) or is_meant(whole, one) for one in self._exclude)

    def _rules(self, folder: str) -> _Rules:
        """Iterative from the innermost folder that is known: the depth is the workspace's."""
        missing: list[str] = []
        at = folder
        while at not in self._by_folder:
            missing.append(at)
            if not at:
                break
            at = at.rpartition("/")[0]
        for one in reversed(missing):
            outer = self._by_folder[one.rpartition("/")[0]] if one else self._of_repository()
            self._by_folder[one] = self._with_files_of(one, outer)
        return self._by_folder[folder]

    def _of_repository(self) -> _Rules:
        layer = self._layer("", GIT_EXCLUDE)
        return _Rules(git=(layer,) if layer else ())

    def _with_files_of(self, folder: str, outer: _Rules) -> _Rules:
        prefix = f"{folder}/" if folder else ""
        git = self._layer(prefix, prefix + GITIGNORE)
        own = self._layer(prefix, prefix + AICOPILOTIGNORE)
        if git is None and own is None:
            return outer
        return _Rules(
            git=(git, *outer.git) if git else outer.git,
            own=(own, *outer.own) if own else outer.own,
        )

    def _layer(self, prefix: str, path: str) -> _Layer | None:
        text = self._read_text(path)
        if not text:
            return None
        lines = ["*"] if is_too_long(text) else text.split("\n")
        patterns = [one for line in lines if (one := parse(line)) is not None]
        return _Layer(prefix, patterns) if patterns else None


def read_rules(root: Root, path: str) -> str | None:
    """The text of an ignore file as IgnoreRules wants it; None where there is none.

    One that is there and can't be read counts as too long. So does an .aicopilotignore that is a
    link; a .gitignore that is one is no file to git either.
    """
    found = root.read(path, MAX_IGNORE_BYTES)
    if not isinstance(found, Refusal):
        return found.data.decode("utf-8", "replace")
    name = path.rpartition("/")[2]
    is_there = found is Refusal.TOO_LARGE
    is_there |= found is Refusal.UNREADABLE and name in IGNORE_FILES
    is_there |= found is Refusal.LINK and name == AICOPILOTIGNORE
    return _TOO_LONG if is_there else None


def is_too_long(text: str) -> bool:
    """Whether an ignore file has more than is read of one."""
    return len(text) > MAX_IGNORE_BYTES or text.count("\n") >= MAX_PATTERNS


def _first(layers: tuple[_Layer, ...], path: str, *, is_folder: bool) -> bool | None:
    for layer in layers:
        said = layer.says(path, is_folder=is_folder)
        if said is not None:
            return said
    return None
