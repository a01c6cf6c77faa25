"""What is wrong with a configuration, said so that it can be mended.

A problem names its source, line and key. It never holds a value: a value may be a key that was
written in the wrong place (INV-7). Names from files are made printable, since they end up in
terminals and in editors' message boxes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# A file can hold many thousand mistakes; nobody reads more than this.
MAX_PER_SOURCE = 50
_MAX_SHOWN_NAME = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong.

    Attributes
    ----------
    source : str
        The file's path, or the name of what the editor sent.
    line : int or None
        From 1; None where there are no lines, or where the whole source is meant.
    key : str
        Dotted; "" where the whole source is meant.
    message : str
        What is wrong, and what is done instead.
    """

    source: str
    line: int | None
    key: str
    message: str

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.message) if part)


class ProblemList:
    """Collects problems; after the first fifty of a source it only counts."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._count: dict[str, int] = {}

    def add(self, source: str, message: str, *, key: str = "", line: int | None = None) -> None:
        count = self._count[source] = self._count.get(source, 0) + 1
        if count <= MAX_PER_SOURCE:
            self._problems.append(Problem(source, line, key, message))

    def result(self) -> tuple[Problem, ...]:
        """Source by source and line by line, with a last one for each source that had more."""
        order = {source: at for at, source in enumerate(self._count)}
        found = sorted(self._problems, key=lambda each: (order[each.source], each.line or 0))
        more = (
            Problem(source, None, "", f"{count - MAX_PER_SOURCE} more problems are not listed")
            for source, count in self._count.items()
            if count > MAX_PER_SOURCE
        )
        return (*found, *more)


def printable(text: str) -> str:
    """A name on one line, with nothing in it that moves a cursor or hides, and not long."""
    shown = printable_text(text[: _MAX_SHOWN_NAME + 1])
    return shown if len(shown) <= _MAX_SHOWN_NAME else f"{shown[: _MAX_SHOWN_NAME - 1]}…"


def printable_path(path: Path) -> str:
    """A path likewise, whole."""
    return printable_text(str(path))


def printable_text(text: str) -> str:
    """Any text likewise, whole."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def dotted(path: Iterable[str | int]) -> str:
    """A key as written in messages: models[0].url."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{printable(part)}" if text else printable(part)
    return text
