"""Should we ask at all, and for how much? Pure, well under a millisecond, with a reason code.

An explicit request (Trigger.INVOKED) skips the rules that guess what the user wants; it obeys
those that say what is allowed. Next: cache.py, then prompt.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from pathspec import GitIgnoreSpec

from aicopilot_lsp.completion.types import Snapshot, Trigger
from aicopilot_lsp.config.settings import CompletionSettings
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import Language, language_for

# What an editor closes by itself: a cursor before only these is at the end of what was typed.
CLOSERS = frozenset(")]}>\"'`,;: \t")
# Longer lines are minified or data; a window of them says nothing and costs everything.
_MAX_LINE_CHARS = 2_000
# Text around the cursor that is looked at for NUL, the mark of a file that is not text.
_BINARY_PROBE_CHARS = 4_096
_DOCSTRING_QUOTES = ('"""', "'''")


class Extent(StrEnum):
    """How much to ask for."""

    LINE = "line"  # up to the end of this line
    STATEMENT = "statement"  # this line, and on while a bracket opened in it is open
    BLOCK = "block"  # until the scope that holds the cursor closes


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` names the rule that said no; None when the model may be asked."""

    rule: str | None
    extent: Extent = Extent.LINE


def decide(snapshot: Snapshot, settings: CompletionSettings) -> Decision:
    """Judge one request; the first rule that objects decides."""
    language = language_for(snapshot.document.language_id, snapshot.path)
    line = snapshot.document.line_text(snapshot.cursor.line)
    head, tail = line[: snapshot.cursor.column], line[snapshot.cursor.column :]

    rule = _forbidden(snapshot, settings, line)
    if rule is None and snapshot.trigger is Trigger.AUTOMATIC:
        rule = _unwanted(snapshot, head, tail)
    return Decision(rule, _extent(snapshot, language, head, tail))


def _forbidden(snapshot: Snapshot, settings: CompletionSettings, line: str) -> str | None:
    """Rules that hold for explicit requests too."""
    document = snapshot.document
    if not settings.enabled:
        return "disabled"
    if document.language_id in settings.disabled_languages:
        return "language-disabled"
    if snapshot.path and _is_excluded(snapshot.path, settings.exclude):
        return "excluded"
    if len(line) > _MAX_LINE_CHARS:
        return "line-too-long"
    around = document.before(snapshot.cursor, _BINARY_PROBE_CHARS) + document.after(
        snapshot.cursor, _BINARY_PROBE_CHARS
    )
    return "binary" if "\0" in around else None


def _unwanted(snapshot: Snapshot, head: str, tail: str) -> str | None:
    """Rules of taste, for requests that the user did not make on purpose."""
    if not head.strip() and not snapshot.document.before(snapshot.cursor, 200).strip():
        return "nothing-before-cursor"
    if tail[:1].isalnum() or tail[:1] == "_":
        return "inside-word"
    # Text to be kept stands right of the cursor: a suggestion would sit in the way.
    return "text-after-cursor" if set(tail) - CLOSERS else None


def _extent(snapshot: Snapshot, language: Language, head: str, tail: str) -> Extent:
    if tail.strip():
        return Extent.LINE
    document, row = snapshot.document, snapshot.cursor.line
    below = first_code_line_below(document, row)
    if head.strip():  # at the end of a line of code
        opens = language.opens_block(head) and indentation(below) <= indentation(head)
        return Extent.BLOCK if opens else Extent.STATEMENT
    if not _body_begins_at(document, row, language):
        return Extent.STATEMENT
    # A fresh, empty body: nothing of it is written yet.
    return Extent.BLOCK if indentation(below) < max(len(head), 1) else Extent.STATEMENT


def indentation(line: str | None) -> int:
    """Width of the white space that a line begins with, tabs counted as one; -1 for no line."""
    return -1 if line is None else len(line) - len(line.lstrip())


def first_code_line_below(document: DocumentSnapshot, row: int) -> str | None:
    """The nearest line under `row` that is not blank."""
    return _first_code_line(document, range(row + 1, min(row + 200, len(document.lines))))


def _body_begins_at(document: DocumentSnapshot, row: int, language: Language) -> bool:
    """Whether nothing but a docstring and comments stands between an opener and `row`."""
    quote = ""  # of the docstring that is being crossed, upwards
    for line in _lines_above(document, row):
        code = line.strip()
        if quote:
            quote = "" if code.lstrip("rRbBuUfF").startswith(quote) else quote
        elif language.indentation_scoped and code.endswith(_DOCSTRING_QUOTES):
            one_line = len(code) >= 6 and code.lstrip("rRbBuUfF").startswith(code[-3:])
            quote = "" if one_line else code[-3:]
        elif code and not language.is_comment(line):
            return language.opens_block(line)
    return False


def _lines_above(document: DocumentSnapshot, row: int) -> Iterator[str]:
    return (document.line_text(index) for index in range(row - 1, max(-1, row - 100), -1))


def _first_code_line(document: DocumentSnapshot, rows: Sequence[int]) -> str | None:
    for row in rows:
        line = document.line_text(row)
        if line.strip():
            return line
    return None


@lru_cache(maxsize=512)
def _is_excluded(path: str, patterns: tuple[str, ...]) -> bool:
    """Asked with every keystroke, and a pattern with many stars may take seconds."""
    return _spec(patterns).match_file(path)


@lru_cache(maxsize=16)
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(patterns)
