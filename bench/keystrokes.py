"""A recorded session of typing, made from real files: what an editor would send, key by key.

Stretches of a few lines are taken out of a file and typed again, with slips that are corrected,
line breaks that bring their indentation along as editors do, jumps to other places of the file, and
changes of file. The same files and seed give the same session.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

_SLIP_SHARE = 0.03
_MOST_TRIES = 100_000  # to find a stretch
_LETTERS = "etaoinshrdlu"


@dataclass(frozen=True, slots=True)
class Key:
    """The file as it is after a key.

    Attributes
    ----------
    kind : str
        "type", "newline", "delete"; the first of a stretch is a "jump", or a "switch" where it is
        in another file than the one before.
    cursor : (int, int)
        Line and column.
    """

    file: int
    text: str
    cursor: tuple[int, int]
    kind: str


def session(
    texts: Sequence[str],
    *,
    keys: int,
    seed: int = 1,
    lines: tuple[int, int] = (2, 5),
    stretch_keys: int | None = None,
) -> Iterator[Key]:
    """At least `keys` keys over these files, in stretches of so many lines, which are typed to
    their end, or left after `stretch_keys` and put back as they were."""
    chance = random.Random(seed)
    now, file, typed = list(texts), 0, 0
    kinds = cycle(("switch", "jump"))
    while typed < keys:
        kind = next(kinds)
        if kind == "switch":
            file = (file + 1) % len(texts)
        before = now[file]
        first, last = _stretch(before, chance, lines)
        typing = _typed(before, first, last, chance)
        for text, cursor, what in islice(typing, stretch_keys):
            now[file] = text
            yield Key(file, text, cursor, kind or what)
            kind, typed = "", typed + 1
        if stretch_keys is not None:
            now[file] = before


def _stretch(text: str, chance: random.Random, length: tuple[int, int]) -> tuple[int, int]:
    """Some lines of code within the file, none of them blank."""
    lines = text.split("\n")
    for _ in range(_MOST_TRIES):
        first = chance.randrange(len(lines))
        last = first + chance.randint(*length)
        if last < len(lines) and all(line.strip() for line in lines[first:last]):
            return first, last
    raise ValueError(
        f"a file has no stretch of {length[0]} to {length[1]} lines without a blank one"
    )


def _typed(
    text: str, first: int, last: int, chance: random.Random
) -> Iterator[tuple[str, tuple[int, int], str]]:
    lines = text.split("\n")
    above, gone, below = lines[:first], lines[first:last], lines[last:]
    done: list[str] = []
    for line in gone:
        indent = line[: len(line) - len(line.lstrip())]
        written = indent
        if done:  # the line break that brings the indentation along
            yield _at(above, done, written, below, "newline")
        for char in line[len(indent) :]:
            if char.isalpha() and chance.random() < _SLIP_SHARE:
                slip = chance.choice(_LETTERS)
                yield _at(above, done, written + slip, below, "type")
                yield _at(above, done, written, below, "delete")
            written += char
            yield _at(above, done, written, below, "type")
        done.append(line)


def _at(
    above: list[str], done: list[str], written: str, below: list[str], kind: str
) -> tuple[str, tuple[int, int], str]:
    text = "\n".join([*above, *done, written, *below])
    return text, (len(above) + len(done), len(written)), kind
