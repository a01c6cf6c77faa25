"""The cache planner: which snippets stand in front of the file's own text, and when that changes.

They come first in the prompt, so whatever changes among them is read anew with all that follows;
what stays as it is costs nothing, however large. Therefore they change only

- when the window of the file's own text moves, which is read anew then in any case. What is new is
  put behind what is there, so that the model reads the new snippets and the window, no more; and
- when it has been made too full by that: then what is no longer wanted goes, all at once. What was
  read in a rest is so large that only another rest makes room in it.

While the user rests, a request without an answer reads more of them than a request that somebody
waits for could afford (`Room.resting`).

Deterministic (INV-2): the plan follows from what was gathered, the plan before it and the room.
Next: prompt.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from aicopilot_lsp.completion.budget import Budget
from aicopilot_lsp.context.select import LOW, Bar, select
from aicopilot_lsp.context.types import Chosen, Gathered

# Of a prompt that is read cold, at most this share is for snippets: what they take, the file's own
# text lacks. With a half the truth was likelier than with a quarter on 15 dev tasks of prompts of
# 550 tokens (by 0.6 of its logarithm, bench/likelihood.py), of which they then took a third.
_COLD_SHARE = 0.5
# And it takes only what is worth this much. On 300 dev tasks 2 to 11 % of what was worth less
# showed a name that the truth had and the window did not; of what was worth more, 13 to 64 %.
_COLD_BAR = Bar(worth=0.2, per_char=0.0004)
# What is read in a rest is filled to this share, so that some can be added before room is made.
_FRESH_SHARE = 0.8
# In a rest at a window that still serves, all is read anew when what is new is worth this much of
# what is there: who goes on before that is through waits for what the model has forgotten.
_WORTH_READING = 0.25
# Full snippets make room when what is new is worth this much of what is there.
_WORTH_MAKING_ROOM = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Characters for snippets. `cold`: in a prompt that somebody waits for. `resting`: in one that
    is read while nobody does; what has been read so may stay in either."""

    cold: int
    resting: int


def room_for(budget: Budget) -> Room:
    """What there is room for beside the file's own text."""
    cold = int(budget.prompt_chars * _COLD_SHARE)
    return Room(cold=cold, resting=max(cold, budget.resting_chars))


def plan(
    gathered: Gathered | None,
    held: Sequence[Chosen],
    *,
    shown: str,
    room: Room,
    moved: bool,
    resting: bool = False,
) -> tuple[Chosen, ...]:
    """The snippets of the next prompt, in its order.

    Parameters
    ----------
    held : sequence of Chosen
        Those of the prompt before, in its order.
    shown : str
        The file's own text in the prompt: what that shows need not be shown again.
    moved : bool
        Whether the window of the file's own text is another one than in the prompt before.
    resting : bool
        Nobody waits for this prompt.
    """
    if gathered is None or not (moved or resting):
        return tuple(held)
    held = _lasting(held, gathered)
    large = chars(held) > room.cold
    most = room.resting if resting or large else room.cold
    fresh = int(room.resting * _FRESH_SHARE) if resting else room.cold
    bar = LOW if resting else _COLD_BAR
    wanted = select(gathered, room_chars=fresh, shown=shown, kept=held, bar=bar)
    there = _things(held)
    new = [one for one in wanted if there.isdisjoint(_things([one]))]
    if not new or (not moved and _value(new) < _WORTH_READING * _value(held)):
        return tuple(held)
    if chars([*held, *new]) <= most:
        return (*held, *new)
    if large and not resting:
        return tuple(held)  # to make room, all of it would be read anew while somebody waits
    still = _things(wanted)
    kept = [one for one in held if not still.isdisjoint(_things([one]))]
    if not resting and _value(new) < _WORTH_MAKING_ROOM * _value(kept):
        return tuple(held)
    if chars([*kept, *new]) <= most:
        return (*kept, *new)
    return wanted  # at the sizes that there is room for


def _lasting(held: Sequence[Chosen], gathered: Gathered) -> tuple[Chosen, ...]:
    """Without what was true for a moment that is over."""
    if not any(one.snippet.passes for one in held):
        return tuple(held)
    found = {
        (one.path, rendering.text) for one in gathered.snippets for rendering in one.renderings
    }
    return tuple(one for one in held if not one.snippet.passes or _things([one]) & found)


def chars(chosen: Sequence[Chosen]) -> int:
    """How much of a prompt they take, headings included."""
    return sum(len(path) + len(text) + 2 for path, text in files_of(chosen))


def files_of(chosen: Sequence[Chosen], but: str | None = None) -> tuple[tuple[str, str], ...]:
    """As (path, text), neighbours of one file under one heading; without those of the file `but`,
    which `preface_of` gives."""
    return tuple(_files([one for one in chosen if one.snippet.path != but]))


def preface_of(chosen: Sequence[Chosen], path: str) -> str:
    """What of the current file itself is shown beside its window: it stands right above that."""
    return "\n".join(one.rendering.text for one in chosen if one.snippet.path == path)


def _files(chosen: Sequence[Chosen]) -> Iterator[tuple[str, str]]:
    for path, run in groupby(chosen, key=lambda one: one.snippet.path):
        yield path, "\n".join(one.rendering.text for one in run)


def _things(chosen: Sequence[Chosen]) -> set[tuple[str, str]]:
    """What they show, whatever the size: two that have any rendering in common show one thing. One
    rendering alone does not tell: what is said in short of a large type depends on the cursor."""
    return {
        (one.snippet.path, rendering.text) for one in chosen for rendering in one.snippet.renderings
    }


def _value(chosen: Sequence[Chosen]) -> float:
    return sum(one.value for one in chosen)
