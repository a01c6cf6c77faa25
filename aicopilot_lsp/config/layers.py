"""One source of options, as read and not yet judged, and who can have written it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from types import MappingProxyType

from aicopilot_lsp.config.lines import KeyPath, line_of
from aicopilot_lsp.config.problems import ProblemList, dotted


class Scope(Enum):
    USER = auto()  # the user alone can write it
    WORKSPACE = auto()  # whoever wrote the workspace can have written it


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One source of options.

    Attributes
    ----------
    source : str
        What messages call it: a path, or what the editor sent.
    problems : ProblemList
        Where `say` puts what is wrong.
    lines : mapping
        Line of each key, where the source has lines.
    from_editor : bool
        JSON from an editor: keys may be in camelCase, null means "not set", and an empty list may
        be an empty table (Lua writes both alike).
    base_dir : Path or None
        Where relative paths begin; None where they would mean nothing.
    readable_by_others : bool
        Other users of this machine can read the source.
    """

    source: str
    data: Mapping[str, object]
    scope: Scope
    problems: ProblemList
    lines: Mapping[KeyPath, int] = field(default_factory=lambda: MappingProxyType({}))
    from_editor: bool = False
    base_dir: Path | None = None
    readable_by_others: bool = False

    def line(self, path: KeyPath) -> int | None:
        return line_of(self.lines, path)

    def place(self, path: KeyPath) -> str:
        """Source and line of a key, for `config show`."""
        line = self.line(path)
        return self.source if line is None else f"{self.source}:{line}"

    def say(self, path: KeyPath, message: str) -> None:
        """Note what is wrong at `path`."""
        self.problems.add(self.source, message, key=dotted(path), line=self.line(path))
