"""What a chat model answers, made into what goes in at the cursor.

Streaming and pure. It holds back as little as it can, so that a suggestion is complete as soon as
the text for it is there, and takes nothing back. Steps: unwrap.py, echo.py, fit.py.
"""

import re

from aicopilot_lsp.models.chat.echo import Begun, Below, Continued, Opening
from aicopilot_lsp.models.chat.fit import Fit
from aicopilot_lsp.models.chat.talk import is_talk, opens_as_assistants_do
from aicopilot_lsp.models.chat.unwrap import Unwrap
from aicopilot_lsp.models.protocol import Hole

_PROSE_LANGUAGES = frozenset(
    {
        *("asciidoc", "feature", "git-commit", "html", "latex", "markdown", "mdx", "org"),
        *("plaintext", "restructuredtext", "rst", "tex", "text", "typst"),
    }
)
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|--|;|%|<!--|\"\"\"|''')")


class Cleaner:
    """Cleans one answer for `hole`: its wrapping goes, and what repeats the text before the cursor;
    its lines are moved to their place, and it ends where it repeats the text behind.

    Parameters
    ----------
    near : str or None
        The lines up to the cursor with which the answer was begun for the model.
    """

    def __init__(self, hole: Hole, *, near: str | None = None) -> None:
        self._head = hole.before.rpartition("\n")[2]
        prose = hole.language_id in _PROSE_LANGUAGES or _COMMENT.match(self._head)
        self._unwrap = Unwrap(opens_as_assistants_do if prose else is_talk)
        self._opening = Opening(hole.before) if near is None else Continued(near)
        self._fit: Fit | None = None
        self._below = Below(hole.suffix)

    @property
    def done(self) -> bool:
        """Nothing of what may follow is wanted."""
        return self._unwrap.done or self._below.done

    @property
    def reasoned(self) -> bool:
        """The answer began with reasoning."""
        return self._unwrap.reasoned

    def feed(self, text: str) -> str:
        """What `text` adds to the insertion."""
        return "".join(map(self._placed, self._unwrap.feed(text)))

    def close(self) -> str:
        """What was held back, now that nothing follows."""
        given = "".join(map(self._placed, self._unwrap.close()))
        if self._fit is None:
            given += self._begin(self._opening.close())
        return given + self._below.close()

    def _placed(self, char: str) -> str:
        if isinstance(self._opening, Continued) and self._opening.failed:
            return ""
        if self._fit is not None:
            return self._below.feed(self._fit.feed(char))
        begun = self._opening.feed(char)
        return "" if begun is None else self._begin(begun)

    def _begin(self, begun: Begun) -> str:
        self._fit = Fit(self._head, begun)
        return self._below.feed(self._fit.feed(begun.rest))
