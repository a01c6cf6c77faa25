"""When is a suggestion complete? Judged on the text so far; generation ends there.

Pure functions over the text to be inserted. They look at each growing text anew: it is a hundred
tokens at most, and a function without state can't get out of step with the stream. Nothing is
decided on a line of which more may come, so a longer text never takes a decision back.
"""

from dataclasses import dataclass

from aicopilot_lsp.completion.trigger import Extent, indentation
from aicopilot_lsp.text.brackets import scan
from aicopilot_lsp.text.languages import Language

# Lines equal to one below the cursor end a suggestion; shorter ones ("}", "pass") occur by chance.
_MIN_REJOIN_CHARS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the text is inserted between.

    Attributes
    ----------
    head : str
        The cursor's line up to the cursor.
    below : str or None
        The first line under the cursor that is not blank.
    floor : int
        Lines of a block are indented at least this far.
    """

    extent: Extent
    language: Language
    head: str
    below: str | None
    floor: int
    max_lines: int


def find_stop(text: str, around: Surroundings) -> int | None:
    """Where `text` is complete (offset: keep what is before it), or None to go on generating."""
    if around.extent is Extent.LINE:
        return _offset(text.find("\n"))
    start = len(text) - len(text.lstrip("\n"))
    end = _statement_end if around.extent is Extent.STATEMENT else _block_end
    found = (end(text, start, around), _line_limit(text, start, around), _rejoin(text, around))
    return min((at for at in found if at is not None), default=None)


def _statement_end(text: str, start: int, around: Surroundings) -> int | None:
    """The first line end at which nothing opened on the cursor's line or since is open.

    A brace that opens a block ends a statement, a comment on a line of its own begins one.
    """
    in_fresh_line = not around.head.strip()
    opened = len(scan(around.head).opened)
    if start and not in_fresh_line and not opened:
        return 0  # the model took the cursor's line for complete; what may come next is a guess
    line_start, at = start, text.find("\n", start)
    while at != -1:
        line = text[line_start:at]
        is_comment = (in_fresh_line or line_start > start) and around.language.is_comment(line)
        if line.strip() and not is_comment and _is_closed(text[start:at], opened, around.language):
            return at
        line_start = at + 1
        at = text.find("\n", line_start)
    return None


def _is_closed(text: str, opened: int, language: Language) -> bool:
    """Whether `text` closes all that was `opened` before it and in it, block braces aside."""
    code = text.rstrip()
    if "{" in language.block_openers:
        code = code.removesuffix("{")
    found = scan(code)
    return not found.in_string and opened + found.depth <= 0


def _block_end(text: str, start: int, around: Surroundings) -> int | None:
    """The line end before the scope that holds the cursor closes, or before two blank lines.

    A line of closers that the file does not have yet belongs to the block.
    """
    # The cursor's own line is already within the block, or the opener itself.
    at = start - 1 if around.head.strip() else text.find("\n", start)
    while at != -1:
        line, is_whole = _line_at(text, at + 1)
        is_out = bool(line.strip()) and indentation(line) < around.floor
        if is_out and (is_whole or not _may_close(line, around.language)):
            missing = around.language.is_closer(line) and not _is_there(line, around.below)
            return at + 1 + len(line) if missing else at
        if is_whole and not line.strip() and text.startswith("\n\n", at + 1 + len(line)):
            return at
        at = text.find("\n", at + 1)
    return None


def _may_close(line: str, language: Language) -> bool:
    """Whether the beginning of a line may yet become a closing line."""
    code = line.strip()
    if code[0] in ")]}" or (language.markup and code[0] == "<"):
        return True
    return any(word.startswith(code) or code.startswith(word) for word in language.block_closers)


def _is_there(line: str, below: str | None) -> bool:
    """Whether the first line below closes the same scope as `line`."""
    if below is None or indentation(line) != indentation(below):
        return False
    return below.strip()[:1] == line.strip()[:1]


def _rejoin(text: str, around: Surroundings) -> int | None:
    """The line end before a whole line that already stands below the cursor."""
    if around.below is None or len(around.below.strip()) < _MIN_REJOIN_CHARS:
        return None
    at = text.find("\n")
    while at != -1:
        line, is_whole = _line_at(text, at + 1)
        if is_whole and line.rstrip() == around.below.rstrip():
            return at
        at = text.find("\n", at + 1)
    return None


def _line_limit(text: str, start: int, around: Surroundings) -> int | None:
    at = start - 1
    for _ in range(around.max_lines):
        at = text.find("\n", at + 1)
        if at == -1:
            return None
    return at


def _line_at(text: str, start: int) -> tuple[str, bool]:
    """The line that begins at `start`, and whether its end has been seen."""
    end = text.find("\n", start)
    return (text[start:], False) if end == -1 else (text[start:end], True)


def _offset(at: int) -> int | None:
    return None if at == -1 else at
