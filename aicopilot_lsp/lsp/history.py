"""What the user did in this session besides the request at hand: files used, edits, places seen.

Fed by text_sync.py and by requests, in the turn in which each message was read; owned by the event
loop. A message costs what it touches, and memory is bounded: 20 files (as many as Copilot looks
at), 16 hunks of at most 40 lines in each, 8 views. Which of it may be shown to a model is for
around.py to say.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from heapq import nlargest

from aicopilot_lsp.lsp.edit_log import EditLog, LoggedHunk
from aicopilot_lsp.text.document import LineEdit

MAX_FILES = 20
MAX_EDITS = 20
MAX_VIEWS = 8
# A cursor within so many lines of where it was is still there; one screen is about 40.
VIEW_GAP_LINES = 10
VIEW_MARGIN_LINES = 10
MAX_VIEW_LINES = 60
# Shorter stops are on the way to somewhere else: a search, a jump, a scroll.
MIN_VIEW_S = 2.0


@dataclass(frozen=True, slots=True)
class Edited:
    """A hunk, and the line where it is in the text as it is now."""

    uri: str
    hunk: LoggedHunk = field(repr=False)
    line_now: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Lines around which the cursor rested; `last` is exclusive."""

    uri: str
    first: int
    last: int
    at_s: float


@dataclass(slots=True)
class _Stay:
    """The cursor's present place: the lines that it was in since it came."""

    uri: str
    first: int
    last: int  # inclusive
    since_s: float


class History:
    """One session's. `clock` gives seconds, monotonic."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logs: OrderedDict[str, EditLog] = OrderedDict()  # used last comes last
        self._views: list[Seen] = []  # the newest last
        self._stay: _Stay | None = None

    def opened(self, uri: str) -> None:
        """A document is open, or open anew: its text may differ from what was known of it."""
        self._used(uri).interrupt()

    def changed(self, uri: str, edits: Sequence[LineEdit], lines: Sequence[str]) -> None:
        """One message's changes; `lines` is the text after them, looked at now only."""
        self._used(uri).add(edits, lines, self._clock())
        self._views = [_moved(view, edits) if view.uri == uri else view for view in self._views]

    def cursor_at(self, uri: str, line: int) -> None:
        """The cursor was in this line when something was asked for."""
        now_s, stay = self._clock(), self._stay
        self._used(uri)
        if stay is not None and stay.uri == uri and _extends(stay, line):
            stay.first, stay.last = min(stay.first, line), max(stay.last, line)
            return
        if stay is not None and now_s - stay.since_s >= MIN_VIEW_S:
            self._see(stay, now_s)
        self._stay = _Stay(uri, line, line, now_s)

    def uris(self) -> list[str]:
        """Documents that were used, the latest first; closed ones too."""
        return list(reversed(self._logs))

    def edits(self) -> list[Edited]:
        """The newest first."""
        found = (
            Edited(uri, hunk, line_now)
            for uri, log in self._logs.items()
            for hunk, line_now in log.placed()
        )
        return nlargest(MAX_EDITS, found, key=lambda one: one.hunk.at_s)

    def views(self) -> list[Seen]:
        """Where the cursor rested before it came to where it is; the newest first."""
        return self._views[::-1]

    def _used(self, uri: str) -> EditLog:
        log = self._logs.setdefault(uri, EditLog())
        self._logs.move_to_end(uri)
        if len(self._logs) > MAX_FILES:
            self._logs.popitem(last=False)
        return log

    def _see(self, stay: _Stay, now_s: float) -> None:
        """Keep a stay as a view, in place of older ones of the same lines."""
        first = max(stay.first - VIEW_MARGIN_LINES, 0)
        view = Seen(stay.uri, first, stay.last + 1 + VIEW_MARGIN_LINES, now_s)
        others = [one for one in self._views if not _overlap(one, view)]
        self._views = [*others, view][-MAX_VIEWS:]


def _extends(stay: _Stay, line: int) -> bool:
    """Whether a cursor in this line is still at the place, and the place no larger than a view."""
    near = stay.first - VIEW_GAP_LINES <= line <= stay.last + VIEW_GAP_LINES
    lines = max(stay.last, line) - min(stay.first, line) + 1
    return near and lines + 2 * VIEW_MARGIN_LINES <= MAX_VIEW_LINES


def _overlap(one: Seen, other: Seen) -> bool:
    return one.uri == other.uri and one.first < other.last and other.first < one.last


def _moved(view: Seen, edits: Sequence[LineEdit]) -> Seen:
    first, last = view.first, view.last
    for edit in edits:
        grown_by = len(edit.added) - len(edit.removed)
        end = edit.first + len(edit.removed)
        if end <= first:
            first, last = first + grown_by, last + grown_by
        elif edit.first < last:
            last = min(max(last + grown_by, first + 1), first + MAX_VIEW_LINES)
    return replace(view, first=first, last=last)
