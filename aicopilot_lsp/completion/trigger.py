"""Should we ask at all, and for how much? Pure, well under a millisecond, with a reason code.

An explicit request (Trigger.INVOKED) skips the rules that guess what the user wants; it obeys
those that say what is allowed. Next: cache.py, then prompt.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from aicopilot_lsp.completion.types import Snapshot, Trigger
from aicopilot_lsp.config.matching import is_meant
from aicopilot_lsp.config.settings import CompletionSettings
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import Language, language_for

# What an editor closes by itself: a cursor before only these is at the end of what was typed.
CLOSERS = frozenset(")]}>\"'`,;: \t")
# Longer lines are minified or data; a window of them says nothing and costs everything.
_MAX_LINE_CHARS = 2_000
# Text around the cursor that is looked at for NUL, the mark of a file that is not text.
_BINARY_PROBE_CHARS = 4_096
# What may follow the closers: the end of a line that opens a block, as in `if (|) {`.
_OPENER_BEHIND_CURSOR = re.compile(r"[=-]>\s*\{|\{|:|then|do")
# Blank lines and comments that are crossed on the way to a block's opener.
_MAX_LINES_ABOVE = 100
_DOCSTRING_QUOTES = ('"""', "'''")
_STRING_PREFIXES = "rRbBuUfF \t"


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
    paths = (snapshot.path, *snapshot.aliases)
    if any(is_meant(path, settings.exclude) for path in paths):
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
    return None if _may_follow(tail) else "text-after-cursor"


def _may_follow(tail: str) -> bool:
    rest = tail.rstrip()
    if not set(rest) - CLOSERS:
        return True
    opener = rest.lstrip("".join(CLOSERS))
    closed_before = opener != rest or opener == ":"
    return closed_before and _OPENER_BEHIND_CURSOR.fullmatch(opener) is not None


def _extent(snapshot: Snapshot, language: Language, head: str, tail: str) -> Extent:
    if tail.strip():
        return Extent.LINE
    document, row = snapshot.document, snapshot.cursor.line
    if head.strip():  # at the end of a line of code
        fresh = language.opens_block(head) and _is_empty_below(document, row, head)
    else:
        fresh = opener_above(document, row, language) is not None
    return Extent.BLOCK if fresh else Extent.STATEMENT


def opener_above(document: DocumentSnapshot, row: int, language: Language) -> str | None:
    """The line that opens the block whose body is still to be written at the blank line `row`.

    Only blank lines, comments and a docstring may stand between; what the cursor's own line is
    indented by does not count, for not all editors indent. None where the body has begun, and
    where no block opens.
    """
    line = _code_above(document, row, language)
    if line is None or not language.opens_block(line):
        return None
    return line if _is_empty_below(document, row, line) else None


def _is_empty_below(document: DocumentSnapshot, row: int, opener: str) -> bool:
    """Whether no line under `row` belongs to the body that `opener` opens."""
    return indentation(first_code_line_below(document, row)) <= indentation(opener)


def indentation(line: str | None) -> int:
    """Width of the white space that a line begins with, tabs counted as one; -1 for no line."""
    return -1 if line is None else len(line) - len(line.lstrip())


def first_code_line_below(document: DocumentSnapshot, row: int) -> str | None:
    """The nearest line under `row` that is not blank."""
    below = (document.line_text(at) for at in range(row + 1, min(row + 200, len(document.lines))))
    return next((line for line in below if line.strip()), None)


def _code_above(document: DocumentSnapshot, row: int, language: Language) -> str | None:
    """The nearest line over `row` that holds code, without its comments; None if it is far."""
    crossing: tuple[str, str] | None = None  # marks of the comment that we are in, going upwards
    for line in _lines_above(document, row):
        if crossing is None:
            code, crossing = _code_and_marks(line, language)
        else:
            code, begun, comment = line.rpartition(crossing[0])
            if not begun:
                continue
            if crossing[1] in comment:  # and ended here: what was crossed is something else
                return None
            if crossing[0] in _DOCSTRING_QUOTES:
                code = code.strip(_STRING_PREFIXES)
            crossing = None
        if code.strip():
            return code
    return None


def _code_and_marks(line: str, language: Language) -> tuple[str, tuple[str, str] | None]:
    """The code of a line, and the marks of the comment or docstring that ends in it."""
    code = language.without_comment(line).rstrip()
    if language.indentation_scoped:
        for text in (line.rstrip(), code):
            quote = text[-3:]
            if quote not in _DOCSTRING_QUOTES:
                continue
            if text.count(quote) % 2:
                return "", (quote, quote)
            begins_with_it = not text.partition(quote)[0].strip(_STRING_PREFIXES)
            return ("" if begins_with_it else code), None
    for start, end in language.block_comment:
        _, ended, behind = code.rpartition(end)
        if ended:
            return behind, None if behind.strip() else (start, end)
    return code, None


def _lines_above(document: DocumentSnapshot, row: int) -> Iterator[str]:
    """Upwards, as far as it is worth looking; a line too long to be code is the last."""
    for at in range(row - 1, max(-1, row - _MAX_LINES_ABOVE), -1):
        line = document.line_text(at)
        if len(line) > _MAX_LINE_CHARS:
            return
        yield line
