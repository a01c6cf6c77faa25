"""One line of a .gitignore as git reads it: which paths it means, each asked about by itself.

pathspec, which config/matching.py uses, says of a pattern that it matches all that lies in a folder
that it matches; git asks about each folder on the way down, so that `a/**` with `!a/keep.py` keeps
a file, and the last line that matches a path decides. tests/context/index/test_ignore.py holds this
against git itself. Syntax: gitignore(5); the globs are those of git's wildmatch.
"""

import re
from dataclasses import dataclass

# A workspace writes these patterns, and a regular expression with many stars takes minutes for one
# path. With three of each kind it stays under 0.1 s.
_MAX_STARS = 3
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "digit": "0-9",
    "lower": "a-z",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_CLASS = re.compile(r"\[(?P<not>[!^]?)(?P<body>\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*)\]", re.DOTALL)
_CLASS_PART = re.compile(r"\[:([a-z]+):\]|\\?(.)(?:(-)\\?(.))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GitPattern:
    """One pattern.

    Attributes
    ----------
    keeps : bool
        It began with "!": what it matches is brought back.
    folders_only : bool
    by_name : bool
        It is about the last part of a path alone.
    """

    keeps: bool
    folders_only: bool
    by_name: bool
    regex: re.Pattern[str]


def parse(line: str) -> GitPattern | None:
    """The pattern of a line; None for comments, for what matches nothing, and for a pattern that
    brings files back and would take too long. One that leaves files out and would take too long is
    widened instead."""
    body = _without_trailing_blanks(line.rstrip("\r\n"))
    if not body or body.startswith("#"):
        return None
    keeps = body.startswith("!")
    body = body[1:] if keeps else body
    folders_only = body.endswith("/")
    body = body[:-1] if folders_only else body
    by_name = "/" not in body
    segments = body.removeprefix("/").split("/")
    if not all(segments):
        return None
    safe = _safe(segments)
    if safe != segments:
        if keeps:
            return None
        segments, folders_only, by_name = safe, False, False
    try:
        regex = _segment(segments[0]) if by_name else _path(segments)
        return GitPattern(keeps, folders_only, by_name, re.compile(regex, re.DOTALL))
    except (re.error, ValueError):
        return None


def last_match(patterns: list[GitPattern], path: str, *, is_folder: bool) -> bool | None:
    """What the last pattern that matches says of a path relative to its file: True left out, False
    brought back; None where none matches."""
    name = path.rpartition("/")[2]
    for pattern in reversed(patterns):
        if pattern.folders_only and not is_folder:
            continue
        if pattern.regex.fullmatch(name if pattern.by_name else path):
            return not pattern.keeps
    return None


def _without_trailing_blanks(line: str) -> str:
    bare = line.rstrip(" ")
    escapes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if escapes % 2 and len(bare) < len(line) else bare


def _safe(segments: list[str]) -> list[str]:
    """`segments`, or, cut at the first star too many, ones that mean all that they mean."""
    deep = partial = 0
    for at, segment in enumerate(segments):
        if segment == "**":
            deep += 1
        elif segment != "*":  # alone it can match in one way only
            partial += len(re.findall(r"\*+", segment))
        if deep > _MAX_STARS or partial > _MAX_STARS:
            return [*segments[:at], "**"] if at or len(segments) > 1 else ["**", "*"]
    return segments


def _path(segments: list[str]) -> str:
    """`**` for any folders, or, at the end, for all that lies within."""
    parts = []
    last = len(segments) - 1
    for at, segment in enumerate(segments):
        if segment == "**":
            parts.append(".+" if at == last else "(?:.+/)?")
        else:
            parts.append(_segment(segment) + ("" if at == last else "/"))
    return "".join(parts)


def _segment(segment: str) -> str:
    parts = []
    at = 0
    while at < len(segment):
        char = segment[at]
        if char == "[":
            found = _CLASS.match(segment, at)
            if found is None:
                raise ValueError("a class that is not closed matches nothing")
            parts.append(_class(found["not"], found["body"]))
            at = found.end()
            continue
        if char == "\\":
            at += 1
            if at == len(segment):
                raise ValueError("nothing is escaped")
            parts.append(re.escape(segment[at]))
        elif char == "*":
            if not parts or parts[-1] != "[^/]*":
                parts.append("[^/]*")
        else:
            parts.append("[^/]" if char == "?" else re.escape(char))
        at += 1
    return "".join(parts)


def _class(negated: str, body: str) -> str:
    parts = []
    for posix, first, dash, last in _CLASS_PART.findall(body):
        if posix:
            parts.append(_POSIX[posix] if posix in _POSIX else _nothing())
        elif dash:
            parts.append(f"{re.escape(first)}-{re.escape(last)}")
        else:
            parts.append(re.escape(first))
    return f"(?!/)[{'^' if negated else ''}{''.join(parts)}]"


def _nothing() -> str:
    raise ValueError("no class of this name")
