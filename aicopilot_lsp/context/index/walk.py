"""Finding the files of one root that are worth reading. Nothing is opened but folders and ignore
files, and no link is followed: a loop can't be entered, and what lies outside is not seen. What a
link in the root leads to inside of it is found where it lies.
"""

import os
import stat
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aicopilot_lsp.context.index.ignore import IgnoreRules
from aicopilot_lsp.context.index.names import FOLDER_MARKS, refused_folder
from aicopilot_lsp.context.index.opening import Root, Stamp
from aicopilot_lsp.context.index.refusal import Refusal

# What is looked at in all before it is left at what was found: some seconds' work.
_ENTRIES_PER_FILE = 10
_DAY_NS = 86_400 * 10**9
# What was changed within so many days goes before all that was not.
_AGES_DAYS = (1, 7, 60)


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file that nothing speaks against but perhaps its content."""

    path: str
    stamp: Stamp


@dataclass(slots=True)
class Walked:
    """What a walk has found; `folders` are those that were looked into, "" for the root."""

    files: list[Found] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    left_out: Counter[Refusal] = field(default_factory=Counter)


def _never() -> bool:
    return False


def walk(
    root: Root,
    rules: IgnoreRules,
    *,
    max_bytes: int,
    max_files: int,
    top: str = "",
    stopped: Callable[[], bool] = _never,
) -> Walked:
    """The files below the folder `top`, shallow folders first.

    Parameters
    ----------
    max_files : int
        Beyond, files are counted as TOO_MANY.
    stopped : callable
        Asked before each folder; what was found so far is returned then.
    """
    walked = Walked()
    waiting = deque([top])
    room = max_files * _ENTRIES_PER_FILE
    while waiting and not stopped():
        folder = waiting.popleft()
        if room <= 0:
            walked.left_out[Refusal.TOO_MANY] += 1 + len(waiting)
            break
        try:
            with root.listing(folder) as entries:
                listed = _Listed(folder, entries, room)
        except (OSError, ValueError):  # gone meanwhile, not ours to read, or a link by now
            walked.left_out[Refusal.UNREADABLE] += 1
            continue
        room -= listed.seen
        if folder and refused_folder(folder.rpartition("/")[2], listed.marks):
            walked.left_out[Refusal.FOLDER] += 1  # by a mark: its name was asked about before
            continue
        walked.folders.append(folder)
        _take(walked, waiting, listed, rules, max_bytes)
    if len(walked.files) > max_files:
        walked.left_out[Refusal.TOO_MANY] += len(walked.files) - max_files
        del walked.files[max_files:]
    return walked


class _Listed:
    """One folder's entries, with what is needed of them while it is open."""

    def __init__(self, folder: str, entries: Iterable[os.DirEntry[str]], room: int) -> None:
        prefix = f"{folder}/" if folder else ""
        self.seen = 0
        self.folders: list[str] = []
        self.files: list[Found] = []
        self.marks: list[str] = []
        self.left_out: Counter[Refusal] = Counter()
        for entry in entries:
            self.seen += 1
            if self.seen > room:
                self.left_out[Refusal.TOO_MANY] += 1
                break
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError:
                self.left_out[Refusal.UNREADABLE] += 1
                continue
            if stat.S_ISDIR(found.st_mode):
                self.folders.append(prefix + entry.name)
            elif stat.S_ISREG(found.st_mode):
                stamp = Stamp(found.st_size, found.st_mtime_ns)
                self.files.append(Found(prefix + entry.name, stamp))
                if entry.name in FOLDER_MARKS:
                    self.marks.append(entry.name)
            else:
                link = stat.S_ISLNK(found.st_mode)
                self.left_out[Refusal.LINK if link else Refusal.NOT_A_FILE] += 1
        # Listings come in the order of the disk: the same tree must be walked in the same way.
        self.folders.sort()
        self.files.sort(key=lambda one: one.path)


def _take(
    walked: Walked, waiting: deque[str], listed: _Listed, rules: IgnoreRules, max_bytes: int
) -> None:
    walked.left_out.update(listed.left_out)
    for path in listed.folders:
        refused = rules.folder(path)
        if refused is None:
            waiting.append(path)
        else:
            walked.left_out[refused] += 1
    for found in listed.files:
        refused = rules.file(found.path)
        if refused is None and found.stamp.size_bytes > max_bytes:
            refused = Refusal.TOO_LARGE
        if refused is None:
            walked.files.append(found)
        else:
            walked.left_out[refused] += 1


def refusal(root: Root, rules: IgnoreRules, path: str) -> Refusal | None:
    """Why the file `path` would not be found by a walk, size and number aside."""
    said = rules.refusal(path)
    if said is not None:
        return said
    stamp = root.stamp(path)
    if isinstance(stamp, Refusal):
        return stamp
    folders = path.split("/")[:-1]
    for depth in range(1, len(folders) + 1):
        folder = "/".join(folders[:depth])
        marks = [
            mark for mark in FOLDER_MARKS if not isinstance(root.stamp(f"{folder}/{mark}"), Refusal)
        ]
        if refused_folder(folders[depth - 1], marks):
            return Refusal.FOLDER
    return None


def by_use(files: Iterable[Found], *, now_ns: int) -> list[Found]:
    """The most useful first: what was changed lately, then what lies shallow, then by path."""

    def rank(found: Found) -> tuple[int, int, str]:
        days = (now_ns - found.stamp.modified_ns) / _DAY_NS
        age = sum(days > limit for limit in _AGES_DAYS)
        return age, found.path.count("/"), found.path

    return sorted(files, key=rank)
