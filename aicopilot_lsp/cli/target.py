"""A place in a file, as people write it: FILE --at LINE:COLUMN, and the root it must lie in."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from aicopilot_lsp.completion.types import Snapshot, Trigger
from aicopilot_lsp.context.types import Around
from aicopilot_lsp.errors import AicopilotError
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.languages import language_id_for

_MAX_FILE_BYTES = 64 * 1024 * 1024
_ROOT_MARKS = (
    ".aicopilot.toml",
    ".git",
    ".hg",
    "pyproject.toml",
    "package.json",
    "Cargo.toml",
    "go.mod",
)


class TargetError(AicopilotError):
    """The place can't be used; says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file read, a place in it, and the folder it belongs to.

    `text` is None where the file is not text; the place is then 1:1, whatever was asked for.
    `aliases` are its paths within the root where links are not followed, which patterns may mean as
    well.
    """

    path: Path
    root: Path
    text: str | None
    line: int
    column: int
    aliases: tuple[str, ...] = ()

    def snapshot(self) -> Snapshot:
        """The place as a request made on purpose; an unreadable text is an empty one."""
        relative = self.path.relative_to(self.root).as_posix()
        document = DocumentSnapshot.from_text(
            self.text or "", uri=self.path.as_uri(), language_id=language_id_for(relative)
        )
        cursor = Point(self.line - 1, self.column - 1)
        return Snapshot(
            document=document,
            cursor=cursor,
            trigger=Trigger.INVOKED,
            path=relative,
            aliases=self.aliases,
            around=Around(root=str(self.root)),
        )


def read_target(file: Path, at: str | None, root: Path | None) -> Target:
    """Read `file` and check the place.

    Columns are as editors count them: a byte-order mark is no part of the text.

    Raises TargetError for a missing or unreadable file, one outside `root`, and a place that the
    file does not have.
    """
    path = _existing(file)
    base = root.resolve() if root else root_of(path)
    if not base.is_dir():
        raise TargetError(f"--root {root}: there is no such folder.")
    if not path.is_relative_to(base):
        raise TargetError(
            f"{file} is outside the root {base}: it is not read. Give another --root, or none."
        )
    wanted = None if at is None else _parsed(at)
    text = _decoded(path, file)
    if text is None:
        return Target(path, base, None, 1, 1)
    document = DocumentSnapshot.from_text(text)
    line, column = _checked(wanted, document, file) if wanted else _end(document)
    return Target(path, base, text, line, column, _aliases(file, path, base))


def _existing(file: Path) -> Path:
    try:
        path = file.resolve(strict=True)
    except FileNotFoundError:
        raise TargetError(f"{file}: there is no such file.") from None
    except (OSError, RuntimeError) as error:
        raise TargetError(f"{file}: {_why(error)}.") from None
    if not path.is_file():
        raise TargetError(f"{file} is not a regular file.")
    return path


def _aliases(file: Path, path: Path, base: Path) -> tuple[str, ...]:
    """`file` as it was written, and with only its folder's links followed; then the whole paths."""
    ways = (Path(os.path.normpath(file.absolute())), file.parent.resolve() / file.name)
    within = (way for way in ways if way != path and way.is_relative_to(base))
    relative = [way.relative_to(base).as_posix() for way in within]
    whole = [f"/{way.relative_to(way.anchor).as_posix()}" for way in (path, *ways)]
    return tuple(dict.fromkeys((*relative, *whole)))


def _decoded(path: Path, file: Path) -> str | None:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise TargetError(f"{file} is larger than {_MAX_FILE_BYTES // 1024**2} MiB.")
        raw = path.read_bytes()
    except OSError as error:
        raise TargetError(f"{file} can't be read: {_why(error)}.") from None
    if b"\0" in raw:
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _parsed(at: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,12}):([0-9]{1,12})", at)
    if found is None or min(int(found[1]), int(found[2])) < 1:
        raise TargetError(f"--at {at}: give LINE:COLUMN, both counted from 1, such as --at 12:5.")
    return int(found[1]), int(found[2])


def _checked(place: tuple[int, int], document: DocumentSnapshot, file: Path) -> tuple[int, int]:
    line, column = place
    at = f"--at {line}:{column}"
    if line > len(document.lines):
        raise TargetError(f"{at}: {file} has {_counted(len(document.lines), 'line')}.")
    length = len(document.line_text(line - 1))
    if column > length + 1:
        raise TargetError(
            f"{at}: line {line} of {file} has {_counted(length, 'character')}, so columns go from 1"
            f" to {length + 1}."
        )
    return place


def _end(document: DocumentSnapshot) -> tuple[int, int]:
    last = len(document.lines)
    return last, len(document.line_text(last - 1)) + 1


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def root_of(path: Path) -> Path:
    """The nearest folder above that looks like a project's, else the file's own."""
    for folder in path.parents:
        if any((folder / mark).exists() for mark in _ROOT_MARKS):
            return folder
    return path.parent


def _why(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
