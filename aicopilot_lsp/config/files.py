"""Reads one configuration file, which may be missing, broken, enormous or not a file at all.

A file in a workspace is written by strangers: it must be a regular file that lies in the folder
itself. A link, a FIFO or a device is not opened. The user's own file may be a link (dotfiles often
are), but never something that blocks or has no end.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aicopilot_lsp.config.lines import KeyPath, key_lines
from aicopilot_lsp.config.problems import ProblemList, printable_path, printable_text

WORKSPACE_FILE = ".aicopilot.toml"
MAX_USER_BYTES = 1 << 20
MAX_WORKSPACE_BYTES = 1 << 16
# tomllib takes 16 s for one dotted key of 64 KB; its time grows with the square of the dots.
_MAX_DOTS_IN_LINE = 300


@dataclass(frozen=True, slots=True)
class TomlFile:
    """What a file says, and on which lines. Empty where it can't be used."""

    path: Path
    data: Mapping[str, object]
    lines: Mapping[KeyPath, int]
    readable_by_others: bool = False

    @property
    def source(self) -> str:
        return printable_path(self.path)


def read_user_file(path: Path, problems: ProblemList, *, must_exist: bool) -> TomlFile | None:
    """The user's file, or None where there is none or it can't be used, with a problem added."""
    return _read(path, problems, must_exist=must_exist, from_workspace=False)


def read_workspace_file(root: Path, problems: ProblemList) -> TomlFile | None:
    """`.aicopilot.toml` of the folder `root`; None as above."""
    return _read(root / WORKSPACE_FILE, problems, must_exist=False, from_workspace=True)


class _UnusableError(Exception):
    """Why a file can't be used, for a person."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def _read(
    path: Path, problems: ProblemList, *, must_exist: bool, from_workspace: bool
) -> TomlFile | None:
    limit = MAX_WORKSPACE_BYTES if from_workspace else MAX_USER_BYTES
    try:
        raw, mode = _read_regular(path, limit, follow_links=not from_workspace)
        text = _decoded(raw)
        if from_workspace:
            _refuse_long_dotted_lines(text)
        data = _parsed(text)
    except (FileNotFoundError, NotADirectoryError):
        if must_exist:
            problems.add(printable_path(path), "there is no such file; going on without it")
    except _UnusableError as error:
        problems.add(printable_path(path), f"{error}; nothing of it is used", line=error.line)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problems.add(printable_path(path), f"can't be read ({reason}); going on without it")
    except ValueError:  # NUL or lone surrogates in the path
        problems.add(printable_path(path), "is not a path; going on without it")
    else:
        others = os.name == "posix" and bool(mode & (stat.S_IRGRP | stat.S_IROTH))
        return TomlFile(path, data, MappingProxyType(key_lines(text)), others)
    return None


def _read_regular(path: Path, limit: int, *, follow_links: bool) -> tuple[bytes, int]:
    """The bytes and the mode of a regular file. Nothing else is opened: a FIFO would block, and
    opening a device can already act."""
    seen = os.stat(path, follow_symlinks=follow_links)  # noqa: PTH116 - one call for both cases
    if not stat.S_ISREG(seen.st_mode):
        what = "is a link" if stat.S_ISLNK(seen.st_mode) else "is not a regular file"
        raise _UnusableError(f"{what} and was not opened")
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not follow_links:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - flags that Path.open lacks
        opened = os.fstat(file.fileno())
        # It may have been replaced between the look and the opening.
        if not stat.S_ISREG(opened.st_mode):
            raise _UnusableError("is not a regular file")
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise _UnusableError(f"is larger than {limit >> 10} KiB")
    return raw, opened.st_mode


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _UnusableError("is not UTF-8 text; save it as UTF-8", line=line) from None


def _refuse_long_dotted_lines(text: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > _MAX_DOTS_IN_LINE:
            raise _UnusableError(f"has more than {_MAX_DOTS_IN_LINE} dots in one line", line=number)


def _parsed(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line = _syntax_error(str(error), text)
        raise _UnusableError(f"is not valid TOML: {message}", line=line) from None
    except RecursionError:
        raise _UnusableError("is nested too deep") from None
    except ValueError:  # an integer of thousands of digits
        raise _UnusableError("holds a number that is too long") from None


def _syntax_error(text: str, document: str) -> tuple[str, int | None]:
    """tomllib's message without its position, and the line. Both texts of Python 3.11 to 3.14 are
    alike: "... (at line 3, column 5)" or "... (at end of document)"."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", text, re.DOTALL)
    if not found:
        return "it can't be read", None
    line = int(found[2]) if found[2] else document.count("\n") + 1
    # It may quote names from the file.
    return printable_text(found[1][:1].lower() + found[1][1:200]), line
