"""Making harmless what user text holds of control tokens.

The rule: a prompt's own family has all its markers broken. Of the other families, since a declared
format may be wrong and a server may know more tokens, those are broken that are distinctive, which
nobody writes but for a model: bars or brackets inside the angle brackets (`<|im_start|>`,
`<[fim-middle]>`), or "fim" in the name. A name in plain brackets is ordinary code: an element
(`<s>`), a type argument (`<T>`), a word in a usage text (`<filename>`), a constant in a list
(`[PREFIX]`). It has to reach every other model as it is.

A comment with a path (`#util.py`, by which DeepSeek-Coder tells files apart) is never broken: it
can't be told from a comment, and the model reads no control token in it.
"""

import re
from collections.abc import Iterable
from functools import cache

from aicopilot_lsp.models.fim.families import FORMATS
from aicopilot_lsp.models.fim.format import FimFormat
from aicopilot_lsp.models.fim.tokens import OTHERS

# What is put inside a marker to break it. No marker holds it, which is what makes `neutralise`
# right in one pass: an insertion can't complete another marker.
_BREAK = " "
_PLAIN_BRACKETS = re.compile(r"</?\w+>|\[/?\w+\]", re.ASCII)
# In plain brackets, and yet no one's placeholder: they open a file or a chat turn.
_TELLING = frozenset({"<file_sep>", "<start_of_turn>", "<end_of_turn>"})


def neutralise(text: str, fmt: FimFormat) -> str:
    """`text` with a space after the first character of every marker that a prompt of `fmt` must not
    hold, and one before every heading of it at a line's start.

    Linear in the length of `text`; text without markers comes back as it is; applying it twice
    changes nothing. Texts are to be joined before they are neutralised, not after: two harmless
    halves can make a marker. Where one of our own literals stands between them (`assemble`) they
    can't.
    """
    broken = _own_and_distinctive(fmt).sub(_insert, text)
    return _line_starts(fmt.headings).sub(_BREAK, broken) if fmt.headings else broken


def neutralise_all(text: str) -> str:
    """`text` with the distinctive markers of every family broken: for prompts that others write, in
    tokens that are not known here."""
    return _distinctive().sub(_insert, text)


def distinctive(marker: str) -> bool:
    """Whether nobody writes this but for a model."""
    return marker in _TELLING or "fim" in marker or not _PLAIN_BRACKETS.fullmatch(marker)


def _insert(found: re.Match[str]) -> str:
    return found.group() + _BREAK


@cache
def _own_and_distinctive(fmt: FimFormat) -> re.Pattern[str]:
    return _occurrences({*fmt.markers, *_every_distinctive()})


@cache
def _distinctive() -> re.Pattern[str]:
    return _occurrences(_every_distinctive())


@cache
def _every_distinctive() -> frozenset[str]:
    known = {marker for row in FORMATS.values() for marker in row.markers}
    return frozenset(filter(distinctive, known | set(OTHERS)))


@cache
def _line_starts(headings: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"^(?={'|'.join(map(re.escape, headings))})", re.MULTILINE)


def _occurrences(markers: Iterable[str]) -> re.Pattern[str]:
    """Matches the first character of every occurrence of a marker.

    Only that one is consumed, so that occurrences that overlap are each found. The search skips
    from one such character to the next, which keeps ordinary text cheap.
    """
    rest_by_first: dict[str, list[str]] = {}
    for marker in sorted(markers):
        rest_by_first.setdefault(marker[0], []).append(re.escape(marker[1:]))
    branches = (
        f"{re.escape(first)}(?={'|'.join(rests)})" for first, rests in rest_by_first.items()
    )
    return re.compile("|".join(branches))
