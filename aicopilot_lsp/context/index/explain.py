"""Why one file of a project is not indexed: which rule says so, and where it is written."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aicopilot_lsp.config.matching import is_meant
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.context.index.gitpattern import last_match, parse
from aicopilot_lsp.context.index.ignore import (
    AICOPILOTIGNORE,
    GIT_EXCLUDE,
    GITIGNORE,
    MAX_IGNORE_BYTES,
    MAX_PATTERNS,
    IgnoreRules,
    is_too_long,
    read_rules,
)
from aicopilot_lsp.context.index.opening import Root
from aicopilot_lsp.context.index.refusal import MEANING, Refusal


@dataclass(frozen=True, slots=True)
class Reason:
    """`path` is that in the project, "" outside of it; `code` and `text` are "" where nothing
    speaks against the file."""

    path: str
    code: str = ""
    text: str = ""


def explain(folder: Path, file: Path, settings: Settings, sources: Mapping[str, str]) -> Reason:
    """Look at a file as the index's worker does, but for what is in it.

    Parameters
    ----------
    folder : Path
        The project's, links resolved.
    file : Path
        Relative ones count from the working directory.
    sources : mapping of str to str
        Where each setting is written (config.load.Resolved).
    """
    with closing(Root(str(folder))) as root:
        # The folder's own links are followed, the file's are not: they are a reason.
        path = root.relative(str(file.absolute().parent.resolve() / file.name))
        if path is None:
            return Reason("", Refusal.OUTSIDE, MEANING[Refusal.OUTSIDE])
        read = partial(read_rules, root)
        exclude = (settings.completion.exclude, settings.context.exclude)
        refused = IgnoreRules(read, root=root.path, exclude=exclude).refusal(path)
        if refused is None:
            stamp = root.stamp(path)
            if isinstance(stamp, Refusal):
                refused = stamp
            elif stamp.size_bytes > settings.context.max_file_kb << 10:
                refused = Refusal.TOO_LARGE
        if refused is None:
            return Reason(path)
        where = _where(root, path, refused, settings, sources)
        text = f"{MEANING[refused]} {where}".strip()
        return Reason(path, refused, text)


def _where(
    root: Root, path: str, refused: Refusal, settings: Settings, sources: Mapping[str, str]
) -> str:
    """Which line it is, in a sentence; "" where none can be named."""
    if refused is Refusal.EXCLUDED:
        return _setting(root, path, settings, sources)
    names = {Refusal.GITIGNORE: (GITIGNORE,), Refusal.AICOPILOTIGNORE: (AICOPILOTIGNORE,)}
    for name in names.get(refused, ()):
        for folder in _upwards(path):
            found = _line(root, f"{folder}{name}", path.removeprefix(folder))
            if found:
                return found
    return _line(root, GIT_EXCLUDE, path) if refused is Refusal.GITIGNORE else ""


def _setting(root: Root, path: str, settings: Settings, sources: Mapping[str, str]) -> str:
    whole = "/" + root.path.replace("\\", "/").strip("/")
    asked = [way for one in _ways(path) for way in (one, f"{whole}/{one}")]
    for key, patterns in (
        ("completion.exclude", settings.completion.exclude),
        ("context.exclude", settings.context.exclude),
    ):
        for pattern in patterns:
            if any(is_meant(way, (pattern,)) for way in asked):
                return f"It is `{pattern}` of {key} ({sources.get(key, 'default')})."
    return ""


def _line(root: Root, file: str, path: str) -> str:
    """The last line of an ignore file that means the path or a folder around it."""
    text = read_rules(root, file) or ""
    if is_too_long(text):
        return (
            f"{file} is not understood, so all that it stands beside is left out: it can't be read,"
            f" is a link, or has more than {MAX_IGNORE_BYTES >> 10} KiB or {MAX_PATTERNS:,} lines."
        )
    lines = text.splitlines()
    for number in range(len(lines), 0, -1):
        pattern = parse(lines[number - 1])
        if pattern is None or pattern.keeps:
            continue
        ways = ((way, way != path) for way in _ways(path))
        if any(last_match([pattern], way, is_folder=is_folder) for way, is_folder in ways):
            return f"It is `{lines[number - 1].strip()}`, line {number} of {file}."
    return ""


def _upwards(path: str) -> Iterator[str]:
    """The folders around a path, the nearest first, each with "/" behind it; "" last."""
    while path:
        path = path.rpartition("/")[0]
        yield f"{path}/" if path else ""


def _ways(path: str) -> Iterator[str]:
    """The path, and the folders around it."""
    yield path
    yield from (folder[:-1] for folder in _upwards(path) if folder)
