"""What a chat model answers, made into what goes in at the cursor.

Streaming and pure: unwrap.py takes the text out of its wrapping, and it is fitted to the place.
"""

import re

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
    """Cleans one answer for `hole`."""

    def __init__(self, hole: Hole) -> None:
        head = hole.before.rpartition("\n")[2]
        prose = hole.language_id in _PROSE_LANGUAGES or _COMMENT.match(head)
        self._unwrap = Unwrap(opens_as_assistants_do if prose else is_talk)

    @property
    def done(self) -> bool:
        """Nothing of what may follow is wanted."""
        return self._unwrap.done

    @property
    def reasoned(self) -> bool:
        """The answer began with reasoning."""
        return self._unwrap.reasoned

    def feed(self, text: str) -> str:
        """What `text` adds to the insertion."""
        return self._unwrap.feed(text)

    def close(self) -> str:
        """What was held back, now that nothing follows."""
        return self._unwrap.close()
