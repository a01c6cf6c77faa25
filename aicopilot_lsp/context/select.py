"""What of all that was gathered goes into a prompt, and how large: a knapsack over renderings.

A rendering is worth what its source believes in it, times how much of a thing it shows, times how
much of it the prompt does not show already. Taken is what is worth most for its characters, a size
at a time; what is worth too little stays out, however much room there is: wrong context costs more
than none. Deterministic, and without a look at anything but its arguments; some 2 ms.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from aicopilot_lsp.context.types import Chosen, Gathered, Rendering, Situation, Size, Snippet
from aicopilot_lsp.text.syntax.words import identifiers

# These, and the scores in sources/, were set with bench/context.py (bench/README.md has the
# figures): by the names of other files that a prompt of 1,024 tokens shows, not by what a model
# answers.
#
# How much of a thing's worth each size gives. Names alone are most of it: a model that knows that
# `lock` exists needs no signature to call it, and the cost is a tenth.
_SHOWN: Mapping[Size, float] = {
    Size.WHOLE: 1.0,
    Size.SKELETON: 0.9,
    Size.SIGNATURE: 0.75,
    Size.NAME: 0.55,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """What a thing has to be worth to come into a prompt, however much room there is.

    Attributes
    ----------
    worth : float
        Of a snippet at its largest.
    per_char : float
        Of what another size adds.
    """

    worth: float = 0.01
    per_char: float = 0.00006


LOW = Bar()
# A type of which half the members are shown is in use: the other half is worth more than half.
_FRESH = 0.5
# What is cut short is so by what is likely wanted: the dozen members told of a type with 200 are
# worth far more than a dozen of 200.
_LIKELIEST = 0.35
# What is believed in little is worth less than its share: each thing shown also distracts.
_BELIEF = 1.5
_EACH_CHARS = 30  # and costs so many characters more than it has
_KEPT = 1.25  # what the prompt shows already is worth more: it need not be read again
_DUPLICATE = 0.6  # share of a text's lines that are shown already
_MIN_LINE_CHARS = 4  # shorter lines are closing brackets, and are everywhere
_TELLING_LINES = 3
_HEADING_CHARS = 4


def select(
    gathered: Gathered,
    *,
    room_chars: int,
    shown: str,
    kept: Sequence[Chosen] = (),
    bar: Bar = LOW,
) -> tuple[Chosen, ...]:
    """The renderings for a prompt, in its order: those of `kept` that stay, as they were; then
    what is new, by path, what is believed in most last, where it is nearest to the cursor.

    Parameters
    ----------
    room_chars : int
        For all renderings with the headings of their paths.
    shown : str
        The file's own text in the prompt.
    kept : sequence of Chosen
        What the prompt before this one had, in its order.
    """
    pack = _Pack(room_chars, shown, frozenset(one.key for one in kept), bar)
    for snippet in gathered.snippets:
        pack.offer(snippet, gathered.situation)
    pack.fill()
    if pack.prune():
        pack.fill()
    return _ordered(pack.chosen(), kept)


@dataclass(slots=True)
class _Item:
    """A snippet that may go in; `size` is the number of the rendering that is in, or None."""

    snippet: Snippet
    number: int
    size: int | None = None


@dataclass(slots=True)
class _Pack:
    """The knapsack."""

    room: int
    shown: str
    kept: frozenset[str]
    bar: Bar = LOW
    items: list[_Item] = field(default_factory=list)
    names: frozenset[str] = field(init=False)
    lines: frozenset[str] = field(init=False)
    covered: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.names = frozenset(identifiers(self.shown))
        self.lines = frozenset(_lines(self.shown))

    def offer(self, snippet: Snippet, situation: Situation) -> None:
        if snippet.path == situation.path and self._is_shown(snippet, situation):
            return
        renderings = tuple(r for r in snippet.renderings if not self._repeats(r))
        if not renderings:
            return
        if renderings != snippet.renderings:
            snippet = replace(snippet, renderings=renderings)
        item = _Item(snippet, len(self.items))
        if max(self._value(item, size) for size in range(len(renderings))) >= self.bar.worth:
            self.items.append(item)

    def fill(self) -> None:
        """Takes the step that is worth most for its characters, until none that fits is worth it.

        What is taken makes others worth less, so a step is looked at anew before it is taken.
        """
        steps: list[tuple[float, int]] = []
        for item in self.items:
            self._push(steps, item)
        while steps:
            item = self.items[heappop(steps)[1]]
            step = self._best_step(item)
            if step is None:
                continue
            density, size = step
            if steps and density < -steps[0][0]:
                heappush(steps, (-density, item.number))
                continue
            self._take(item, size)
            self._push(steps, item)

    def prune(self) -> bool:
        """Takes out what shows nothing that others, taken later, do not show too."""
        idle = [
            item
            for item in self.items
            if item.size is not None and self._value(item, item.size) < self.bar.worth
        ]
        for item in idle:
            if item.size is not None and self._value(item, item.size) < self.bar.worth:
                self._put_back(item, item.size)
        return bool(idle)

    def _put_back(self, item: _Item, size: int) -> None:
        path, rendering = item.snippet.path, item.snippet.renderings[size]
        self.paths[path] -= 1
        heading = 0 if self.paths[path] else len(path) + _HEADING_CHARS
        self.room += len(rendering.text) + 1 + heading
        self.covered.subtract(rendering.names)
        item.size = None

    def _push(self, steps: list[tuple[float, int]], item: _Item) -> None:
        step = self._best_step(item)
        if step is not None:
            heappush(steps, (-step[0], item.number))

    def chosen(self) -> list[Chosen]:
        return [
            Chosen(
                snippet=item.snippet,
                rendering=item.snippet.renderings[item.size],
                value=self._value(item, item.size),
            )
            for item in self.items
            if item.size is not None
        ]

    def _best_step(self, item: _Item) -> tuple[float, int] | None:
        """The size that adds most for each character it takes more."""
        have = 0.0 if item.size is None else self._value(item, item.size)
        best: tuple[float, int] | None = None
        top = len(item.snippet.renderings) if item.size is None else item.size
        for size in range(top):
            cost = self._cost(item, size)
            if cost > self.room:
                continue
            density = (self._value(item, size) - have) / max(
                cost + (_EACH_CHARS if item.size is None else 0), 1
            )
            if density >= self.bar.per_char and (best is None or density > best[0]):
                best = (density, size)
        return best

    def _cost(self, item: _Item, size: int) -> int:
        """Characters that the step takes; its path's heading counts once."""
        chars = len(item.snippet.renderings[size].text) + 1
        if item.size is not None:
            return chars - len(item.snippet.renderings[item.size].text) - 1
        path = item.snippet.path
        return chars + (0 if self.paths[path] else len(path) + _HEADING_CHARS)

    def _take(self, item: _Item, size: int) -> None:
        self.room -= self._cost(item, size)
        if item.size is None:
            self.paths[item.snippet.path] += 1
        else:
            self.covered.subtract(item.snippet.renderings[item.size].names)
        self.covered.update(item.snippet.renderings[size].names)
        item.size = size

    def _value(self, item: _Item, size: int) -> float:
        rendering = item.snippet.renderings[size]
        own = item.snippet.renderings[item.size].names if item.size is not None else frozenset()
        new = sum(
            1
            for name in rendering.names
            if name not in self.names and self.covered[name] - (name in own) <= 0
        )
        whole = max(len(one.names) for one in item.snippet.renderings)
        there = len(rendering.names)
        fresh = (new / there) ** _FRESH * (there / whole) ** _LIKELIEST if there else 1.0
        worth: float = item.snippet.score**_BELIEF * _SHOWN[rendering.size] * fresh
        is_kept = f"{item.snippet.path}\0{rendering.text}" in self.kept
        return worth * _KEPT if is_kept else worth

    def _is_shown(self, snippet: Snippet, situation: Situation) -> bool:
        """Whether the window shows the place that the snippet is from: its first lines tell, for
        one alone may be a decorator that others have, too."""
        last = min(snippet.last, snippet.first + _TELLING_LINES)
        lines = _lines("".join(situation.document.lines[snippet.first : last]))
        return bool(lines) and self.lines.issuperset(lines)

    def _repeats(self, rendering: Rendering) -> bool:
        """Whether a text is shown already, in large part."""
        if rendering.size is not Size.WHOLE:
            return False
        lines = _lines(rendering.text)
        return bool(lines) and sum(line in self.lines for line in lines) > _DUPLICATE * len(lines)


def _lines(text: str) -> list[str]:
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if len(line) >= _MIN_LINE_CHARS]


def _ordered(chosen: Iterable[Chosen], kept: Sequence[Chosen]) -> tuple[Chosen, ...]:
    by_key = {one.key: one for one in chosen}
    stay = [by_key.pop(one.key) for one in kept if one.key in by_key]
    groups: dict[str, list[Chosen]] = {}
    for one in by_key.values():
        groups.setdefault(one.snippet.path, []).append(one)
    ranked = sorted(
        groups.items(), key=lambda group: (max(one.value for one in group[1]), group[0])
    )
    new = [
        one
        for _, group in ranked
        for one in sorted(group, key=lambda one: (one.snippet.first, one.key))
    ]
    return (*stay, *new)
