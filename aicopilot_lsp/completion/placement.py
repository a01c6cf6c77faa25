"""Where a suggestion goes: inserted, or in place of what stands right of the cursor.

An editor that closes brackets and quotes leaves `foo(|)`. An answer `a, b)` repeats the closer: it
is cut. An answer `a), b` goes on behind it: then the closer is overwritten, as the answer brings
its own. And an answer that runs into the rest of the line ends where that begins.
"""

from dataclasses import dataclass

from aicopilot_lsp.completion.trigger import CLOSERS
from aicopilot_lsp.text.brackets import scan

_QUOTES = "\"'`"
_ENDS = ";,:"
# Shorter common ends of an answer and beginnings of the line's rest occur by chance.
_MIN_OVERLAP_CHARS = 3


@dataclass(frozen=True, slots=True)
class Placement:
    """`text` to be put in place of the `replaces` characters right of the cursor."""

    text: str
    replaces: int


def place(text: str, tail: str) -> Placement:
    """Fit `text` in front of `tail`, the cursor's line right of the cursor."""
    rest = tail.rstrip()
    if not rest:
        return Placement(text, 0)
    if set(rest) - CLOSERS:
        return Placement(_without_overlap(text, rest), 0)
    quote = rest[0] if rest[0] in _QUOTES else ""
    closers = scan(text, within_quote=quote).closers
    matched = _matched(closers, rest)
    if not matched:
        return Placement(_without_end(text, rest), 0)
    first = closers[0][0]
    if rest.startswith(text.rstrip()[first:]):
        return Placement(text[:first], 0)
    return Placement(_without_end(text, rest[matched:]), matched)


def _matched(closers: tuple[tuple[int, str], ...], rest: str) -> int:
    """How many characters of `rest` the closers of the answer stand for, one by one."""
    count = 0
    for _, char in closers:
        if not rest.startswith(char, count):
            break
        count += 1
    return count


def _without_end(text: str, rest: str) -> str:
    """`text` without a `;` or `,` that is there already."""
    trimmed = text.rstrip()
    return trimmed[:-1] if rest[:1] in _ENDS and trimmed.endswith(rest[:1] or "\0") else text


def _without_overlap(text: str, rest: str) -> str:
    """`text` without an end that is the beginning of `rest`: a longer one, or one that begins with
    a bracket that closes nothing in `text`."""
    trimmed = text.rstrip()
    spare = {at for at, _ in scan(trimmed).closers}
    for size in range(min(len(trimmed), len(rest)), 0, -1):
        if trimmed.endswith(rest[:size]):
            start = len(trimmed) - size
            enough = size >= _MIN_OVERLAP_CHARS or size == len(rest) or start in spare
            return trimmed[:start] if enough else text
    return text
