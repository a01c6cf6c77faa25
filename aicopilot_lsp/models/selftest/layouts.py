"""Which layout suits a model: both are asked for the dozen stored holes, healed as a user's request
would be, and the one that finds more of them wins.

Takes a minute on a laptop's CPU, so it runs when asked for (`aicopilot model test`), or behind the
first request where a server is fast.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from aicopilot_lsp.models.healing import Healed, heal, line_to_tokenize
from aicopilot_lsp.models.protocol import Healing, Hole, Layout, Mode, Prompting
from aicopilot_lsp.models.selftest.asking import Subject, ask
from aicopilot_lsp.models.selftest.holes import KnownHole
from aicopilot_lsp.models.selftest.stored import STORED

_MAX_TOKENS = 24
# Chat models put fences around.
_MAX_CHAT_TOKENS = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One hole and the line that came."""

    known: KnownHole
    line: str

    @property
    def exact(self) -> bool:
        return self.line.strip() == self.known.middles[0].strip()

    @property
    def similarity(self) -> float:
        """0 to 1."""
        wanted, found = self.known.middles[0].strip(), self.line.strip()
        return SequenceMatcher(None, wanted, found, autojunk=False).ratio()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one layout did."""

    layout: Layout
    attempts: tuple[Attempt, ...]

    @property
    def exact(self) -> int:
        return sum(attempt.exact for attempt in self.attempts)

    @property
    def similarity(self) -> float:
        """0 to 1, the mean."""
        if not self.attempts:
            return 0.0
        return sum(attempt.similarity for attempt in self.attempts) / len(self.attempts)

    def __str__(self) -> str:
        count = len(self.attempts)
        return f"{self.layout.value} {self.exact} of {count} exact, {self.similarity:.0%} alike"


def possible(prompting: Prompting, *, takes_middle: bool) -> tuple[Layout, ...]:
    """The layouts between which there is a choice."""
    fmt = prompting.format
    splits = bool(fmt.middle) if fmt is not None else takes_middle
    return (Layout.FROZEN, Layout.STANDARD) if splits else (Layout.STANDARD,)


def better(scores: Sequence[Score], healing: Healing) -> Layout:
    """The winner; of equals the frozen one where healing is sure, since it costs fewer tokens."""

    def merit(score: Score) -> tuple[int, float, bool]:
        sure = healing is Healing.CONSTRAINED
        return score.exact, round(score.similarity, 2), (score.layout is Layout.FROZEN) is sure

    return max(scores, key=merit).layout


async def score(
    subject: Subject,
    prompting: Prompting,
    layout: Layout,
    *,
    holes: Sequence[KnownHole] = STORED,
    done: Callable[[], object] = lambda: None,
) -> Score:
    """Ask for all `holes` in `layout`; `done` is called after each. Raises ModelError."""
    attempts = []
    for known in holes:
        attempts.append(await attempt(subject, replace(prompting, layout=layout), known))
        done()
    return Score(layout=layout, attempts=tuple(attempts))


async def attempt(subject: Subject, prompting: Prompting, known: KnownHole) -> Attempt:
    """Ask for one hole, as a request of a user would be. Raises ModelError."""
    line = await _line(subject, prompting, known.hole, prompting.healing)
    if line is None:
        # As in the pipeline: once more, without healing.
        line = await _line(subject, prompting, known.hole, Healing.NONE)
    return Attempt(known=known, line=line or "")


async def _line(subject: Subject, prompting: Prompting, hole: Hole, healing: Healing) -> str | None:
    """The line that goes in at the cursor; None if the answer did not begin with the healed token,
    where it can be asked for again."""
    healed = Healed(middle=hole.middle)
    if healing is not Healing.NONE:
        line = line_to_tokenize(hole.middle)
        healed = heal(hole.middle, await subject.tokenize(line) if line else None)

    def inserted(answer: str) -> str | None:
        return healed.inserted(answer)

    answer = await ask(
        subject,
        prompting,
        replace(hole, middle=healed.middle),
        must_begin_with=healed.dropped,
        max_tokens=_MAX_CHAT_TOKENS if prompting.mode is Mode.CHAT else _MAX_TOKENS,
        stop=prompting.format.stop if prompting.format else (),
        enough=lambda text: (found := inserted(text)) is None or _has_line(found),
    )
    found = inserted(answer.text)
    if found is None:
        return None if healing is Healing.CHECKED and healed.dropped else ""
    return found.split("\n", 1)[0] if found.strip() else ""


def _has_line(text: str) -> bool:
    return bool(text.strip()) and "\n" in text
