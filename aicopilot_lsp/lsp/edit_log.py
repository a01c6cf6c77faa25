"""The recent edits of one file, as hunks: consecutive changes at one place are one.

An append-only log: each hunk says what it did to the text that there was just after it, so hunks
taken back newest first give the older versions one by one. Every change costs what it touches. No
clock: who calls says what time it is.

How changes are joined, and why:
- At the same place (overlapping or next to it) they are one for a minute. Typing is one key at a
  time, and two spellings of a line that was amended twice are noise. Zed joins within 1 s only, and
  then shows the pieces of a sentence that was thought about as so many edits.
- Within 8 lines and 1 s they are one too (Zed's figures): what an editor does around what is typed,
  an import added above, a bracket closed below, comes in bursts.
- A hunk stops growing at 40 lines, so that an hour's typing is not one edit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from aicopilot_lsp.text.document import LineEdit
from aicopilot_lsp.text.lines import content

JOIN_S = 60.0
BURST_S = 1.0
BURST_LINES = 8
# Neither side of a hunk is longer. A change that is so by itself is a paste, another version from
# disk or a formatter: it says nothing of what its author is about, and is left out.
MAX_LINES = 40
MAX_CHARS = 4_000
# More places than this in one message are a formatter's or a replacement's.
MAX_PLACES = 8
MAX_HUNKS = 16


@dataclass(frozen=True, slots=True)
class LoggedHunk:
    """As context.types.Hunk, of a file that its log knows. `began_s` is when its first change came,
    `at_s` its last."""

    first: int
    removed: tuple[str, ...] = field(repr=False)
    added: tuple[str, ...] = field(repr=False)
    began_s: float
    at_s: float

    @property
    def end(self) -> int:
        return self.first + len(self.added)

    @property
    def grown_by(self) -> int:
        return len(self.added) - len(self.removed)


@dataclass(slots=True, eq=False)
class _Entry:
    hunk: LoggedHunk
    line_now: int  # where it is in the text as it is now


class EditLog:
    """What was done to one file lately; of more than `max_hunks`, the oldest is forgotten."""

    def __init__(self, *, max_hunks: int = MAX_HUNKS) -> None:
        self._max_hunks = max_hunks
        self._entries: list[_Entry] = []  # the oldest first
        self._joinable = 0  # those before this are from before something that the log has not got

    def __bool__(self) -> bool:
        return bool(self._entries)

    def newest_first(self) -> Iterator[LoggedHunk]:
        return (entry.hunk for entry in reversed(self._entries))

    def placed(self) -> Iterator[tuple[LoggedHunk, int]]:
        """The hunks, newest first, each with the line where it is in the text as it is now."""
        return ((entry.hunk, entry.line_now) for entry in reversed(self._entries))

    def add(self, edits: Sequence[LineEdit], lines: Sequence[str], now_s: float) -> None:
        """Take note of the changes of one message.

        Parameters
        ----------
        edits : sequence of LineEdit
            What they did, each counted in the text after those before it.
        lines : sequence of str
            The text after all of them; looked at around the change only.
        """
        known = len(edits) <= MAX_PLACES and not any(map(_is_large, edits))
        if not known:
            self.interrupt()
        for edit in edits:
            new = _hunk(edit, now_s)
            if new is None:
                continue
            # Several at once are several cursors, or a name that is changed everywhere: places of
            # their own.
            joined = self._joined(new, lines if len(edits) == 1 else ()) if known else None
            self._shift(new, joined)
            if known and joined is None:
                self._entries.append(_Entry(new, new.first))
        self._forget_old()

    def interrupt(self) -> None:
        """The text was changed in a way that the log does not hold: nothing is joined across."""
        self._joinable = len(self._entries)

    def _shift(self, new: LoggedHunk, but: _Entry | None) -> None:
        if new.grown_by:
            for entry in self._entries:
                if entry is not but and new.first + len(new.removed) <= entry.line_now:
                    entry.line_now += new.grown_by

    def _forget_old(self) -> None:
        more = len(self._entries) - self._max_hunks
        if more > 0:
            del self._entries[:more]
            self._joinable = max(self._joinable - more, 0)

    def _joined(self, new: LoggedHunk, lines: Sequence[str]) -> _Entry | None:
        """Make `new` part of the hunk at its place, if there is one. Newer hunks elsewhere are
        passed by, and the place is counted back to what it was before them."""
        line_now = new.first
        below: list[_Entry] = []
        for entry in reversed(self._entries[self._joinable :]):
            hunk = entry.hunk
            if hunk.began_s + JOIN_S < new.at_s:
                return None
            between = _between(new, hunk, lines if entry is self._entries[-1] else ())
            if between is not None:
                union = _union(hunk, new, between)
                if _is_long(union.removed) or _is_long(union.added):
                    return None
                entry.line_now = min(entry.line_now, line_now)
                self._put(entry, union)
                for each in below:
                    each.hunk = replace(each.hunk, first=each.hunk.first + new.grown_by)
                return entry
            if new.first >= hunk.end:
                new = replace(new, first=new.first - hunk.grown_by)
            else:
                below.append(entry)
        return None

    def _put(self, entry: _Entry, union: LoggedHunk) -> None:
        kept = _trimmed(union)
        if kept is None:  # all of it was taken back
            self._entries.remove(entry)
        else:
            entry.line_now += kept.first - union.first
            entry.hunk = kept


def _is_large(edit: LineEdit) -> bool:
    return _is_long(edit.removed) or _is_long(edit.added)


def _is_long(lines: Sequence[str]) -> bool:
    return len(lines) > MAX_LINES or sum(map(len, lines)) > MAX_CHARS


def _hunk(edit: LineEdit, now_s: float) -> LoggedHunk | None:
    removed, added = map(content, edit.removed), map(content, edit.added)
    return _trimmed(LoggedHunk(edit.first, tuple(removed), tuple(added), now_s, now_s))


def _trimmed(hunk: LoggedHunk) -> LoggedHunk | None:
    """Without the lines at its ends that are as they were; None where nothing else is left."""
    removed, added = hunk.removed, hunk.added
    most = min(len(removed), len(added))
    head = next((at for at in range(most) if removed[at] != added[at]), most)
    rest = most - head
    tail = next((at for at in range(rest) if removed[-1 - at] != added[-1 - at]), rest)
    removed, added = removed[head : len(removed) - tail], added[head : len(added) - tail]
    if not removed and not added:
        return None
    return replace(hunk, first=hunk.first + head, removed=removed, added=added)


def _between(new: LoggedHunk, hunk: LoggedHunk, lines: Sequence[str]) -> tuple[str, ...] | None:
    """The lines between a hunk and a change that belongs to it, none where they touch; None where
    it does not belong to it. `lines` is the text after the change if `hunk` is the one just before
    it, else empty."""
    new_end = new.first + len(new.removed)
    if new.first <= hunk.end and new_end >= hunk.first:
        return ()
    gap = new.first - hunk.end if new.first > hunk.end else hunk.first - new_end
    if not lines or gap > BURST_LINES or hunk.at_s + BURST_S < new.at_s:
        return None
    start = hunk.end if new.first > hunk.end else new.end
    return tuple(map(content, lines[start : start + gap]))


def _union(hunk: LoggedHunk, new: LoggedHunk, between: tuple[str, ...]) -> LoggedHunk:
    """Both as one. Where `new` counts is the text after `hunk`."""
    first = min(hunk.first, new.first)
    # The lines of that text, from the first that one of them touches to the last.
    middle = [*hunk.added, *between] if hunk.first == first else [*new.removed, *between]
    for one_first, its_lines in ((hunk.first, hunk.added), (new.first, new.removed)):
        at = one_first - first
        middle[at : at + len(its_lines)] = its_lines
    hunk_at, new_at = hunk.first - first, new.first - first
    return LoggedHunk(
        first,
        (*middle[:hunk_at], *hunk.removed, *middle[hunk_at + len(hunk.added) :]),
        (*middle[:new_at], *new.added, *middle[new_at + len(new.removed) :]),
        hunk.began_s,
        new.at_s,
    )
