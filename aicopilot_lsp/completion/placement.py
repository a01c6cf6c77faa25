"""Where a suggestion goes: inserted, or in place of closers that the editor put behind the cursor.

An editor that closes brackets and quotes leaves `foo(|)`. An answer `a, b)` repeats the closer: it
is cut. An answer `a), b` goes on behind it: then the closer is overwritten, as the answer brings
its own.
"""

from dataclasses import dataclass

from aicopilot_lsp.completion.trigger import CLOSERS

_PAIRS = {")": "(", "]": "[", "}": "{"}
_QUOTES = "\"'`"


@dataclass(frozen=True, slots=True)
class Placement:
    """`text` to be put in place of the `replaces` characters right of the cursor."""

    text: str
    replaces: int


def place(text: str, tail: str) -> Placement:
    """Fit `text` in front of `tail`, the cursor's line right of the cursor."""
    closers = tail.rstrip()
    if not closers or set(closers) - CLOSERS or not _closes(text, closers):
        return Placement(text, 0)
    cut = text.rstrip().removesuffix(closers)
    if len(cut) < len(text.rstrip()) and not _closes(cut, closers):
        return Placement(cut, 0)
    return Placement(text, len(tail.rstrip()))


def _closes(text: str, closers: str) -> bool:
    """Whether `text` itself closes what the first of `closers` closes."""
    first = closers[0]
    if first in _QUOTES:
        return text.count(first) % 2 == 1
    return first in unmatched_closers(text)


def unmatched_closers(text: str) -> str:
    """The closing brackets in `text` that close something opened before it, in order."""
    opened: list[str] = []
    unmatched = ""
    for char in text:
        if char in _PAIRS.values():
            opened.append(char)
        elif char in _PAIRS:
            if opened and opened[-1] == _PAIRS[char]:
                opened.pop()
            else:
                unmatched += char
    return unmatched
