"""What a chat model repeats of the text around the cursor is taken off its answer.

Streaming and pure, a character at a time, like unwrap.py. Models begin with the cursor's line or
with lines above it, in another indentation at times, and run on into the text below.
"""

import re
from dataclasses import dataclass

# An answer has room for no more.
_LINES_ABOVE = 24
# Shorter repeated ends of a line, and shorter lines below, occur by chance.
_MIN_TAIL_CHARS = 3
_MIN_BELOW_CHARS = 4
_OPENERS = frozenset(('"""', "'''", "/**", "/*", "//", "///", "#", "--", "<!--", "-", "*"))
_LAST_WORD = re.compile(r"[^\W\d]\w*\W*\Z")
_LAST_CHUNK = re.compile(r"\S+\s*\Z")


@dataclass(frozen=True, slots=True)
class Begun:
    """What the beginning of an answer turned out to be.

    Attributes
    ----------
    rest : str
        What has come of it that is new.
    echoed : bool
        Whether something was taken off.
    indent : str or None
        The indentation that the model gave the cursor's line, where it repeated that line whole.
    """

    rest: str
    echoed: bool = False
    indent: str | None = None


class Opening:
    """Holds an answer back until it is clear how much of it repeats the text before the cursor."""

    def __init__(self, before: str) -> None:
        *above, self._head = before.split("\n")
        self._above = [line.strip() for line in above[-_LINES_ABOVE:]]
        self._ends = _ends(self._head)
        self._held = ""

    def feed(self, char: str) -> Begun | None:
        """None as long as it is not clear."""
        self._held += char
        return self._judge(final=False)

    def close(self) -> Begun:
        return self._judge(final=True) or Begun(self._held)

    def _judge(self, *, final: bool) -> Begun | None:
        text = self._held
        body = text.lstrip()
        if not body:
            return Begun(text) if final else None
        found = [self._lines(text, start) for start in range(len(self._above))]
        found += [_end(text, body, end, self._head) for end in self._ends]
        if not final and None in found:
            return None
        if None in found and self._ends_early(body.rstrip()):
            return Begun("", echoed=True)
        matches = [one for one in found if one is not None and one.echoed]
        return min(matches, key=lambda one: len(one.rest), default=Begun(text))

    def _ends_early(self, body: str) -> bool:
        """Whether an answer that may go on as an echo is one as it is: a name alone is none."""
        return "\n" in body or any(body == end.strip() for end in self._ends)

    def _lines(self, text: str, start: int) -> Begun | None:
        """Whether `text` repeats the lines from `start` to the cursor; None if it still may."""
        expected = self._above[start:]
        if not _is_telling(expected[0]):
            return Begun(text)
        lines = text.lstrip("\n").split("\n")
        for wanted, line in zip(expected, lines[:-1], strict=False):
            if wanted != line.strip():
                return Begun(text)
        if len(lines) <= len(expected):
            wanted = expected[len(lines) - 1]
            return None if wanted.startswith(lines[-1].strip()) else Begun(text)
        rest = "\n".join(lines[len(expected) :])
        head = self._head.strip()
        if not head:
            return Begun(rest, echoed=True)
        return _end(rest, rest.lstrip(" \t"), self._head.lstrip(), self._head)


class Continued:
    """The same for an answer that was begun with `near`, the last lines up to the cursor: it has to
    go on from there, or it is no insertion."""

    def __init__(self, near: str) -> None:
        self._near = near.rstrip(" \t")
        self._has_blank = near != self._near
        self._held = ""
        self.failed = False

    def feed(self, char: str) -> Begun | None:
        """None as long as it is not clear."""
        self._held += char
        if self._near.startswith(self._held) and self._held != self._near:
            return None
        return self.close()

    def close(self) -> Begun:
        self.failed = not self._held.startswith(self._near)
        rest = "" if self.failed else self._held[len(self._near) :]
        return Begun(rest, echoed=not self._has_blank)


def _ends(head: str) -> tuple[str, ...]:
    """The ends of the cursor's line that an answer may begin with again: all of it, or what a
    model takes for the word or the expression that it completes."""
    whole = head.lstrip()
    if not whole.strip():
        return ()
    ends = []
    if re.search(r"\w", whole) or whole.strip() in _OPENERS:
        ends.append(whole)
    elif len(head) > len(whole):
        ends.append(head)
    for pattern in (_LAST_WORD, _LAST_CHUNK):
        found = pattern.search(head)
        end = found[0] if found else ""
        if len(end.strip()) >= _MIN_TAIL_CHARS and re.search(r"[^\W\d]", end):
            ends.append(end)
    return tuple(dict.fromkeys(ends))


def _end(text: str, body: str, end: str, head: str) -> Begun | None:
    if end == head != head.lstrip():  # indentation counts where there is nothing else to tell by
        body = text
    if body.startswith(end):
        before = text[: len(text) - len(body)].rpartition("\n")[2]
        is_whole = end == head.lstrip()
        return Begun(body[len(end) :], echoed=True, indent=before if is_whole else None)
    return None if end.startswith(body) else Begun(text)


def _is_telling(line: str) -> bool:
    """Whether a line equal to this one hardly occurs by chance ("}", "else:")."""
    return len(re.sub(r"\W", "", line)) > _MIN_BELOW_CHARS


class Below:
    """Ends an answer where it runs into the text behind the cursor: the rest of the cursor's line
    at the end of the first line, or the first line below as a whole."""

    def __init__(self, suffix: str) -> None:
        tail, _, rest = suffix.partition("\n")
        tail = tail.strip()
        # Brackets alone are matched by their number, see completion/placement.py.
        self._tail = tail if len(tail) >= _MIN_TAIL_CHARS and re.search(r"\w", tail) else ""
        line = next((line.rstrip() for line in rest.split("\n") if line.strip()), "")
        self._below = line if len(line.strip()) >= _MIN_BELOW_CHARS else ""
        self._held = ""
        self._first = True
        self.done = False

    def feed(self, text: str) -> str:
        """What of the text so far may be given out."""
        return "".join(self._char(char) for char in text)

    def close(self) -> str:
        held, self._held = self._held, ""
        if self.done or (self._first and self._tail and held.strip() == self._tail):
            return ""
        return "" if self._below and held.strip("\n").rstrip() == self._below else held

    def _char(self, char: str) -> str:
        if self.done:
            return ""
        self._held += char
        held = self._held
        if self._first:
            if char != "\n":
                keep = _overlap(held, self._tail)
                return self._give(len(held) - keep)
            self._first = False
            if self._tail and held.strip() == self._tail:
                self._held = "\n"
                return ""
        line = held.lstrip("\n")
        if char == "\n" and line:
            if self._below and line.rstrip() == self._below:
                self.done, self._held = True, ""
                return ""
            return self._give(len(held) - 1)
        if held.startswith("\n") and self._below.startswith(line.rstrip()):
            return ""
        return self._give(len(held) if char != "\n" else len(held) - 1)

    def _give(self, until: int) -> str:
        given, self._held = self._held[:until], self._held[until:]
        return given


def _overlap(text: str, whole: str) -> int:
    """How many characters at the end of `text` are the beginning of `whole`."""
    for size in range(min(len(text), len(whole)), 0, -1):
        if text.endswith(whole[:size]):
            return size
    return 0
