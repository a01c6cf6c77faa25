"""Random editing sessions that hold a Document against TextModel, and their reduction.

A session is data (encoding, first text, notifications), so a failing one can be replayed, cut down
to the smallest that still fails, and printed as a test case. Used by tests/text and, for long runs,
by bench/fuzz_text.py.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from aicopilot_lsp.text.document import Change, Document, DocumentSnapshot, LineEdit, Point
from aicopilot_lsp.text.positions import Position, PositionEncoding, Range
from tests.support.text_model import (
    RawChange,
    RawPosition,
    RawRange,
    TextModel,
    from_units,
    line_spans,
)

# Terminators, what only looks like one, one to four UTF-8 bytes, both halves of a pair.
PIECES = (
    *("a", "b", "def f(x):", "  ", "\t", "\x00"),
    *("\n", "\n", "\r\n", "\r\n", "\r", "\n\r"),
    *("\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"),
    *("é", "あ", "\ufeff", "😀", "\U0010ffff", "\ud83d", "\ude00"),
)
WILD_NUMBERS = (
    *(-(2**63), -(2**31), -1, 0, 1, 2, 3),
    *(10**6, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64),
)
NOTIFICATIONS_PER_SESSION = 40

Notification = tuple[tuple[RawChange, ...], int | None]


@dataclass(frozen=True, slots=True)
class Session:
    """One editing session: what was opened, then each didChange as (changes, version)."""

    encoding: str
    text: str
    notifications: tuple[Notification, ...] = ()


@dataclass(slots=True)
class Tally:
    """What a run did, so that nobody has to believe that it did it."""

    edits: int = 0
    whole_text: int = 0
    several_at_once: int = 0
    suspended: int = 0
    sessions: int = 0
    bad_ranges: int = 0


class Divergence(AssertionError):  # noqa: N818 - it is a finding, not an error of the program
    """The two models disagree (or ours raised); carries the session up to that point."""

    def __init__(self, what: str, session: Session) -> None:
        super().__init__(f"{what}\n{session}")
        self.what = what
        self.session = session


def run_random_sessions(edits: int, seed: int, *, wildness: float) -> Tally:
    """Run sessions until `edits` changes are made.

    Parameters
    ----------
    wildness : float
        Share of the ranged edits whose numbers are arbitrary: negative, reversed, huge.

    Raises
    ------
    Divergence
        With the smallest session found that still fails.
    """
    tally = Tally()
    while tally.edits < edits:
        rng = random.Random(f"{seed}/{tally.sessions}")
        try:
            _run_one(rng, tally, wildness)
        except Divergence as found:
            raise reduced(found) from None
        tally.sessions += 1
    return tally


def run_bad_ranges(count: int, seed: int) -> Tally:
    """Apply `count` ranges that point at no place in the text, each to a document of its own."""
    tally = Tally()
    rng = random.Random(f"{seed}/bad")
    encodings = tuple(PositionEncoding)
    while tally.edits < count:
        pair = _Pair(rng.choice(encodings).value, _text(rng, 10))
        where = _wild_position(rng, pair.model), _wild_position(rng, pair.model)
        if _is_plain(where, pair.model):
            continue
        try:
            with _exceptions_found(pair):
                pair.step((((where, _text(rng, 2)),), 1))
        except Divergence as found:
            raise reduced(found) from None
        _count(tally, [(where, "")], is_suspended=pair.model.is_suspended)
    return tally


def replay(session: Session, *, model: type[TextModel] = TextModel) -> None:
    """Run a session again; raises Divergence where the two models disagree."""
    pair = _Pair(session.encoding, session.text, model)
    rng = random.Random(0)
    with _exceptions_found(pair):
        pair.compare()
        first = pair.document.snapshot()
        for notification in session.notifications:
            pair.step(notification)
            for _ in range(8):
                pair.compare_places(rng)
        pair.expect("the first snapshot", "".join(first.lines), session.text)


def reduced(found: Divergence, *, model: type[TextModel] = TextModel) -> Divergence:
    """The smallest divergence that leaving things out of the session leads to."""
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for candidate in _smaller(found.session):
            try:
                replay(candidate, model=model)
            except Divergence as still:
                found, is_smaller = still, True
                break
    return found


def _smaller(session: Session) -> Iterator[Session]:
    steps = session.notifications
    for index, (changes, version) in enumerate(steps):
        yield replace(session, notifications=steps[:index] + steps[index + 1 :])
        for at, (where, text) in enumerate(changes):
            others = changes[:at] + changes[at + 1 :]
            shorter = [(*changes[:at], (where, cut), *changes[at + 1 :]) for cut in _cuts(text)]
            for fewer in ([others] if others else []) + shorter:
                yield replace(
                    session, notifications=(*steps[:index], (fewer, version), *steps[index + 1 :])
                )
    for cut in _cuts(session.text):
        yield replace(session, text=cut)


def _cuts(text: str) -> Iterator[str]:
    size = len(text)
    while size:
        for start in range(0, len(text), size):
            yield text[:start] + text[start + size :]
        size //= 2


class _Pair:
    """A Document and a TextModel that are told the same things."""

    def __init__(self, encoding: str, text: str, model: type[TextModel] = TextModel) -> None:
        self.document = Document("file:///f.py", "python", 0, text, PositionEncoding(encoding))
        self.model = model(text, encoding, 0)
        self.session = Session(encoding, text)

    def step(self, notification: Notification) -> None:
        changes, version = notification
        self.session = replace(
            self.session, notifications=(*self.session.notifications, notification)
        )
        before = list(self.document.snapshot().lines)
        self.model.apply(changes, version)
        edits = self.document.apply([_change(raw) for raw in changes], version)
        self.compare()
        self.expect("taken back", self.taken_back(edits), before)

    def taken_back(self, edits: Sequence[LineEdit]) -> list[str]:
        """The lines that there were before `edits`."""
        lines = list(self.document.snapshot().lines)
        for edit in reversed(edits):
            where = slice(edit.first, edit.first + len(edit.added))
            self.expect("added", tuple(lines[where]), edit.added)
            lines[where] = edit.removed
        return lines

    def compare(self) -> None:
        snapshot, model = self.document.snapshot(), self.model
        self.expect("suspended", self.document.suspended is not None, model.is_suspended)
        self.expect("version", snapshot.version, model.version)
        self.expect("lines", list(snapshot.lines), model.lines())
        self.expect("text", snapshot.text, model.text)

    def compare_places(self, rng: random.Random) -> None:
        """Places asked of a snapshot, against slices of the model's array."""
        snapshot, model = self.document.snapshot(), self.model
        encoding = PositionEncoding(model.encoding)
        line, character = _position(rng, model)
        index = model.offset_of((line, character), line_spans(model.units))
        while model.is_inside(index):
            index -= 1
        point = snapshot.point_from_position(Position(line, character), encoding)
        before = from_units(model.units[:index], model.encoding)
        after = from_units(model.units[index:], model.encoding)
        size = rng.choice((0, 1, 3, 10, 10**6))
        self.expect("offset", snapshot.offset_at(point), len(before))
        self.expect("point", snapshot.point_at(len(before)), point)
        self.expect("before", snapshot.before(point, size), before[max(len(before) - size, 0) :])
        self.expect("after", snapshot.after(point, size), after[:size])
        back = snapshot.position_from_point(point, encoding)
        spans = line_spans(model.units)
        self.expect("position", model.offset_of((back.line, back.character), spans), index)
        self.expect("clamp", snapshot.clamp(Point(point.line, point.column)), point)

    def expect(self, what: str, ours: object, theirs: object) -> None:
        if ours != theirs:
            raise Divergence(f"{what}: ours {ours!r}, the model {theirs!r}", self.session)


@contextmanager
def _exceptions_found(pair: _Pair) -> Iterator[None]:
    """Nothing a client sends may raise, so any exception at all is a finding."""
    try:
        yield
    except Divergence:
        raise
    except Exception as error:
        raise Divergence(f"raised {error!r}", pair.session) from error


def _run_one(rng: random.Random, tally: Tally, wildness: float) -> None:
    pair = _Pair(rng.choice(tuple(PositionEncoding)).value, _text(rng, 25))
    with _exceptions_found(pair):
        pair.compare()
        _edit(rng, pair, tally, wildness)


def _edit(rng: random.Random, pair: _Pair, tally: Tally, wildness: float) -> None:
    earlier: tuple[DocumentSnapshot, str] | None = None
    version: int | None = 0
    for _ in range(NOTIFICATIONS_PER_SESSION):
        version = _next_version(rng, version)
        changes = [_random_change(rng, pair.model, wildness)]
        if rng.random() < 0.15:
            changes += _more_changes(rng, pair.model, changes[0], wildness)
        pair.step((tuple(changes), version))
        if rng.random() < 0.1:
            pair.compare_places(rng)
        _count(tally, changes, is_suspended=pair.model.is_suspended)
        if earlier and "".join(earlier[0].lines) != earlier[1]:
            raise Divergence("an earlier snapshot is not what it was", pair.session)
        earlier = (pair.document.snapshot(), pair.model.text) if rng.random() < 0.1 else earlier


def _more_changes(
    rng: random.Random, model: TextModel, first: RawChange, wildness: float
) -> Iterator[RawChange]:
    """Each made up on the text that those before it leave, as an editor does."""
    scratch = TextModel(model.text, model.encoding, None)
    scratch.is_suspended = model.is_suspended
    change = first
    for _ in range(rng.randint(1, 3)):
        scratch.apply([change], None)
        change = _random_change(rng, scratch, wildness)
        yield change


def _count(tally: Tally, changes: list[RawChange], *, is_suspended: bool) -> None:
    tally.edits += len(changes)
    tally.whole_text += sum(where is None for where, _ in changes)
    tally.several_at_once += len(changes) > 1
    tally.suspended += is_suspended


def _next_version(rng: random.Random, version: int | None) -> int | None:
    chance = rng.random()
    if chance < 0.02:
        return None
    if chance < 0.03:
        return rng.choice((version, 0, -1))
    return (version or 0) + rng.choice((1, 1, 1, 7))


def _random_change(rng: random.Random, model: TextModel, wildness: float) -> RawChange:
    # A suspended document learns nothing more, so most sessions send the whole text soon.
    if rng.random() < (0.7 if model.is_suspended else 0.01):
        return None, _text(rng, 25)
    if rng.random() < wildness:
        start, end = _wild_position(rng, model), _wild_position(rng, model)
        return (start, end), _text(rng, 3)
    start = _position(rng, model)
    is_insertion = rng.random() < (0.6 if len(model.units) < 100 else 0.2)
    end = start if is_insertion else max(start, _position(rng, model, near=start))
    return (start, end), _text(rng, rng.choice((0, 1, 1, 1, 1, 6)) if not is_insertion else 2)


def _position(
    rng: random.Random, model: TextModel, *, near: RawPosition | None = None
) -> RawPosition:
    """A place at a character, now and then past the end of its line or of the text."""
    spans = line_spans(model.units)
    line = rng.randrange(len(spans))
    if near is not None and rng.random() < 0.8:
        line = min(near[0] + rng.choice((0, 0, 1)), len(spans) - 1)
    chance = rng.random()
    if chance < 0.02:
        return len(spans) + rng.choice((0, 1, 10**6, 2**31 - 1)), rng.choice((0, 3))
    begin, end, _ = spans[line]
    if chance < 0.12:
        return line, end - begin + rng.choice((0, 1, 2, 5, 10**6))
    index = rng.randint(begin, end)
    while model.is_inside(index) and chance < 0.995:
        index -= 1
    return line, index - begin


def _wild_position(rng: random.Random, model: TextModel) -> RawPosition:
    line, character = _position(rng, model)
    chance = rng.random()
    if chance < 0.4:
        return line, character + rng.choice((-1, 0, 1))
    if chance < 0.6:
        return line, rng.choice(WILD_NUMBERS)
    if chance < 0.8:
        return rng.choice(WILD_NUMBERS), character
    return rng.choice(WILD_NUMBERS), rng.choice(WILD_NUMBERS)


def _is_plain(where: RawRange, model: TextModel) -> bool:
    start, end = where
    spans = line_spans(model.units)
    for line, character in where:
        if not 0 <= line < len(spans) or character < 0:
            return False
        begin, stop, _ = spans[line]
        if begin + character > stop or model.is_inside(begin + character):
            return False
    return start <= end


def _text(rng: random.Random, most_pieces: int) -> str:
    return "".join(rng.choices(PIECES, k=rng.randint(0, most_pieces)))


def _change(raw: RawChange) -> Change:
    where, text = raw
    if where is None:
        return Change(None, text)
    (first, start), (last, end) = where
    return Change(Range(Position(first, start), Position(last, end)), text)
