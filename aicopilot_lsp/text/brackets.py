"""One scanner for brackets in code, shared by all who ask what is open and what is closed.

Lexical and language-neutral: text in quotes is skipped; a quote that is not closed on its line is
taken for an apostrophe; triple quotes and backticks may span lines; what stands behind a backslash
is neither quote nor bracket. Linear in the text.
"""

from dataclasses import dataclass

PAIRS = {")": "(", "]": "[", "}": "{"}
_OPENERS = frozenset(PAIRS.values())
_QUOTES = frozenset("\"'`")
_LONG_QUOTES = ('"""', "'''", "`")


@dataclass(frozen=True, slots=True)
class Brackets:
    """What a text leaves open, and what it closes of the text before it.

    Attributes
    ----------
    opened : str
        Opening brackets without their closers, outermost first.
    closers : tuple of (int, str)
        Offset and character of each closer of something opened before the text, in order; the
        quote that ends a string the text begins in is the first of them.
    in_string : bool
        The text ends inside a string that may span lines.
    """

    opened: str
    closers: tuple[tuple[int, str], ...]
    in_string: bool

    @property
    def depth(self) -> int:
        """Brackets opened less those closed of the text before."""
        return len(self.opened) - len(self.closers)


def scan(text: str, *, within_quote: str = "") -> Brackets:
    """Read `text` once; `within_quote` is the quote of the string that it begins in, if any."""
    opened: list[str] = []
    closers: list[tuple[int, str]] = []
    at = 0
    if within_quote:
        end = _end_of_string(text, 0, within_quote)
        if end is None:
            return Brackets("", (), in_string=True)
        closers.append((end - len(within_quote), within_quote))
        at = end
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char in _QUOTES:
            quote = next((long for long in _LONG_QUOTES if text.startswith(long, at)), char)
            end = _end_of_string(text, at + len(quote), quote)
            if end is not None:
                at = end
                continue
            if quote in _LONG_QUOTES:
                return Brackets("".join(opened), tuple(closers), in_string=True)
        elif char in _OPENERS:
            opened.append(char)
        elif char in PAIRS:
            if opened and opened[-1] == PAIRS[char]:
                opened.pop()
            else:
                closers.append((at, char))
        at += 1
    return Brackets("".join(opened), tuple(closers), in_string=False)


def _end_of_string(text: str, start: int, quote: str) -> int | None:
    """The offset behind the closing `quote`, or None where there is none (on the line, for plain
    quotes)."""
    at = start
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == "\n" and quote not in _LONG_QUOTES:
            return None
        if text.startswith(quote, at):
            return at + len(quote)
        at += 1
    return None
