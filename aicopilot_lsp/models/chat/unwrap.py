"""The text to insert out of a chat model's answer: without reasoning, talk and fences.

Streaming and pure. An answer is read a character at a time, so how it was cut into pieces changes
nothing. What may turn out to be wrapping is held back; what was given out is never taken back.
Next: clean.py.
"""

import re
from collections.abc import Callable

_FENCES = ("```", "~~~")
_REASONING = {"<think>": "</think>", "<thinking>": "</thinking>", "<reasoning>": "</reasoning>"}
_OPENERS = (*_FENCES, *_REASONING)
# What may be the beginning of the end: a line's end and the blanks behind it, ticks.
_MAY_END = re.compile(r"(?:\n\s*)?(?:`+|~+)?\Z")
_TICKS_AT_LINE_END = re.compile(r"(?<=[^\s`])```+\n\Z")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_LAST_TICKS = re.compile(r"(?:\A|(?<=\n))[ \t]*(?:`+|~+)\Z|```+\Z")
_INLINE = re.compile(r"```+(?P<text>[^`]+)```+\s*\Z")


class Unwrap:
    """Takes the text to insert out of one answer.

    Parameters
    ----------
    is_talk : callable
        Whether a line outside a fence is the assistant speaking (talk.py).

    Attributes
    ----------
    done : bool
        The text has ended; what follows is not wanted.
    reasoned : bool
        The answer has reasoning in it.
    """

    def __init__(self, is_talk: Callable[[str], bool]) -> None:
        self.done = False
        self.reasoned = False
        self._is_talk = is_talk
        self._step: Callable[[], str] = self._at_start
        self._held = ""
        self._line = ""  # the body's last line, as far as it was given out
        self._fence = ""  # what closes the body
        self._bare = False
        self._introduced = False
        self._after_cr = False
        self._thoughts_end = ""

    def feed(self, text: str) -> str:
        """What `text` adds."""
        return "".join(self._char(char) for char in text)

    def close(self) -> str:
        """What was held back, now that nothing follows."""
        if self.done:
            return ""
        text = "" if self._step == self._in_body else self._last_before_body()
        if not self.done:
            text += self._last_of_body()
        self.done, self._held = True, ""
        return text

    def _char(self, char: str) -> str:
        if self.done:
            return ""
        second_half = char == "\n" and self._after_cr
        self._after_cr = char == "\r"
        if second_half:
            return ""
        self._held += "\n" if char == "\r" else char
        return self._step()

    # Before the body.

    def _at_start(self) -> str:
        """Nothing but blanks so far, or the first line."""
        text = self._held.lstrip()
        if text in _REASONING:
            self._thoughts_end, self.reasoned = _REASONING[text], True
            return self._go(self._in_thoughts)
        if text.startswith(_FENCES):
            return self._in_fence_line(text)
        if "\n" not in text or _may_open(text):
            return ""
        if self._is_talk(text):
            self._introduced = text.rstrip().endswith(":")
            return self._go(self._in_talk)
        self._bare, self._fence = True, "```"
        return self._begin(self._held.lstrip("\n") if self.reasoned else self._held)

    def _in_thoughts(self) -> str:
        self._held = self._held[-len(self._thoughts_end) :]
        return self._go(self._at_start) if self._held == self._thoughts_end else ""

    def _in_talk(self) -> str:
        """Lines until a fence; after one that ends in a colon also bare text."""
        text = self._held.lstrip()
        if text.endswith("</think>"):  # some servers swallow the tag that opens it
            self.reasoned = True
            return self._go(self._at_start)
        if text.startswith(_FENCES):
            return self._in_fence_line(text)
        if not text.endswith("\n"):
            return ""
        if self._introduced and not self._is_talk(text):
            self._bare, self._fence = True, "```"
            return self._begin(self._held.lstrip("\n"))
        self._introduced = text.rstrip().endswith(":")
        return self._go(self._in_talk)

    def _in_fence_line(self, text: str) -> str:
        """The line that opens a fence names a language, or holds all there is."""
        if not text.endswith("\n"):
            return ""
        if found := _INLINE.match(text):
            self.done = True
            return found["text"].strip()
        self._fence = text[: len(text) - len(text.lstrip(text[0]))]
        return self._go(self._in_body)

    def _last_before_body(self) -> str:
        """For an answer that ends where no body has begun; leaves one that has to be ended."""
        text = self._held.strip()
        if self._step == self._in_thoughts or text.startswith(_FENCES):
            found = _INLINE.match(text)
            self.done = True
            return found["text"].strip() if found else ""
        outside = self._step == self._in_talk and not self._introduced
        if not text or outside or self._is_talk(text) or (len(text) > 1 and _may_open(text)):
            self.done = True
            return ""
        self._bare = True
        return self._begin(self._held.lstrip("\n") if self.reasoned else self._held)

    # The body.

    def _in_body(self) -> str:
        held = self._held
        line = (self._line + held).rpartition("\n")[2]
        if self._fence and line.lstrip().startswith(self._fence):
            return self._end(held[: held.rfind("\n") + 1])
        if self._fence and (ticks := _TICKS_AT_LINE_END.search(self._line + held)):
            return self._end(held[: max(0, ticks.start() - len(self._line))])
        if self._bare and _BLANK_LINE.match(held):
            # Talk behind the code, perhaps; it is not indented.
            if line and not line[0].isspace():
                return ""
            if held.endswith("\n") and held.strip() and self._is_talk(held):
                return self._end("")
        return self._give_out(_tail_start(held))

    def _last_of_body(self) -> str:
        held = self._held
        if self._bare and _BLANK_LINE.match(held) and self._is_talk(held):
            return ""
        line = (self._line + held).rpartition("\n")[2]
        ticks = _LAST_TICKS.search(held)
        if ticks and (ticks[0].strip().startswith("```") or not line.strip("`~ \t")):
            held = held[: ticks.start()]
        return held.rstrip()

    def _begin(self, text: str) -> str:
        """Read `text` as the body's beginning."""
        self._go(self._in_body)
        given = []
        for char in text:
            if not self.done:
                self._held += char
                given.append(self._in_body())
        return "".join(given)

    def _give_out(self, until: int) -> str:
        given, self._held = self._held[:until], self._held[until:]
        self._line = (self._line + given).rpartition("\n")[2]
        return given

    def _end(self, last: str) -> str:
        self.done = True
        return last.rstrip()

    def _go(self, step: Callable[[], str]) -> str:
        self._step, self._held = step, ""
        return ""


def _may_open(text: str) -> bool:
    return any(opener.startswith(text) for opener in _OPENERS)


def _tail_start(held: str) -> int:
    found = _MAY_END.search(held)
    return found.start() if found else len(held)
