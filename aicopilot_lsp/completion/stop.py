"""When is a suggestion complete? Judged on the text so far; generation ends there.

Pure functions over the text to be inserted. They look at each growing text anew: it is a hundred
tokens at most, and a function without state can't get out of step with the stream.
"""

from dataclasses import dataclass

from aicopilot_lsp.completion.trigger import Extent, indentation
from aicopilot_lsp.text.languages import Language

_OPEN, _CLOSE = "([{", ")]}"
# Lines equal to one below the cursor end a suggestion; shorter ones ("}", "pass") occur by chance.
_MIN_REJOIN_CHARS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the text is inserted between.

    `head` is the cursor's line up to the cursor; `below` the first line under the cursor that is
    not blank, or None.
    """

    extent: Extent
    language: Language
    head: str
    below: str | None
    max_lines: int


def find_stop(text: str, around: Surroundings) -> int | None:
    """Where `text` is complete (offset: keep what is before it), or None to go on generating."""
    if around.extent is Extent.LINE:
        return _offset(text.find("\n"))
    start = len(text) - len(text.lstrip("\n"))
    limit = _line_limit(text, start, around.max_lines)
    found = _statement_end(text, start, around) if around.extent is Extent.STATEMENT else None
    if around.extent is Extent.BLOCK:
        found = _block_end(text, start, around)
    candidates = [at for at in (limit, found, _rejoin(text, around)) if at is not None]
    return min(candidates, default=None)


def _statement_end(text: str, start: int, around: Surroundings) -> int | None:
    """The first line end at which no bracket opened in `text` is open, block braces aside.

    A comment on a line of its own is the beginning of a statement, not all of it.
    """
    whole = not around.head.strip()  # the text's first line is a line of its own
    at, line_start = text.find("\n", start), start
    while at != -1:
        line = text[line_start:at]
        is_comment = (whole or line_start > start) and around.language.is_comment(line)
        depth = bracket_depth(text[start:at].rstrip().removesuffix("{"))
        if line.strip() and not is_comment and depth <= 0:
            return at
        line_start = at + 1
        at = text.find("\n", line_start)
    return None


def _block_end(text: str, start: int, around: Surroundings) -> int | None:
    """The line end before the scope that holds the cursor closes, or two blank lines.

    A line of closers that the file does not have yet belongs to the block.
    """
    in_fresh_line = not around.head.strip()
    floor = len(around.head) if in_fresh_line else indentation(around.head) + 1
    # The cursor's own line is already within the block, or the opener itself.
    at = text.find("\n", start) if in_fresh_line else start - 1
    while at != -1:
        line, whole = _line_at(text, at + 1)
        if line.strip() and indentation(line) < floor:
            if not _is_closing(line, around.language) or _same(line, around.below):
                return at
            return at + 1 + len(line) if whole else None
        if not line.strip() and whole and text[at + 1 + len(line) :].startswith("\n\n"):
            return at
        at = text.find("\n", at + 1)
    return None


def _rejoin(text: str, around: Surroundings) -> int | None:
    """The line end before a whole line that already stands below the cursor."""
    if around.below is None or len(around.below.strip()) < _MIN_REJOIN_CHARS:
        return None
    at = text.find("\n")
    while at != -1:
        line, whole = _line_at(text, at + 1)
        if whole and line.rstrip() == around.below.rstrip():
            return at
        at = text.find("\n", at + 1)
    return None


def _line_limit(text: str, start: int, max_lines: int) -> int | None:
    at = start - 1
    for _ in range(max_lines):
        at = text.find("\n", at + 1)
        if at == -1:
            return None
    return at


def bracket_depth(code: str) -> int:
    """Brackets opened and not closed in `code`; those in quoted strings on a line are skipped."""
    depth, quote, previous = 0, "", ""
    for char in code:
        if quote:
            if (char == quote and previous != "\\") or char == "\n":
                quote = ""
        elif char in "\"'`":
            quote = char
        elif char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth -= 1
        previous = "" if previous == "\\" and char == "\\" else char
    return depth


def _is_closing(line: str, language: Language) -> bool:
    if language.indentation_scoped:
        return False
    stripped = line.strip()
    return stripped[0] in _CLOSE or stripped.rstrip(";,)") == "end"


def _same(line: str, below: str | None) -> bool:
    return below is not None and below.strip().startswith(line.strip()[:1])


def _line_at(text: str, start: int) -> tuple[str, bool]:
    """The line that begins at `start`, and whether its end has been seen."""
    end = text.find("\n", start)
    return (text[start:], False) if end == -1 else (text[start:end], True)


def _offset(at: int) -> int | None:
    return None if at == -1 else at
