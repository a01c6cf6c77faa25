"""What a chat model is told, so that it writes exactly the missing text.

The order is for prompt caches: what is always the same, then what changes seldom (other files),
then the text around the cursor. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aicopilot_lsp.models.protocol import GenerateRequest, Hole

# Answers come in a fence, perhaps after a word or two and with the cursor's line repeated; all this
# counts as output. What the model may write of the inserted text is the request's own limit.
_MARGIN_TOKENS = 32
_CURSOR = "<CURSOR>"

_SYSTEM = (
    f"You complete code at a cursor. The user shows a file with the mark {_CURSOR} in it. "
    "Answer with the text to insert at the mark, and nothing else, in one code fence. "
    "Do not repeat text that is already before or after the mark. Do not explain. "
    "Insert little: the rest of the line, or the lines that clearly belong there."
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is sent: `stable` and `volatile` are the parts of one user message, joined as they are.

    Attributes
    ----------
    cursor : str
        The mark that stands for the cursor; it occurs nowhere in the texts.
    """

    system: str
    stable: str
    volatile: str
    cursor: str

    @property
    def user(self) -> str:
        return self.stable + self.volatile


def conversation(hole: Hole) -> Conversation:
    """What a model is told to fill `hole`."""
    cursor = cursor_mark(hole)
    name = hole.file_name or "the file"
    language = hole.language_id or "text"
    stable = "".join(f"From {one.path}:\n{one.text}\n\n" for one in hole.snippets)
    volatile = f"{name} ({language}):\n{hole.before}{cursor}{hole.suffix}"
    return Conversation(_SYSTEM.replace(_CURSOR, cursor), stable, volatile, cursor)


def cursor_mark(hole: Hole) -> str:
    """What stands for the cursor; it occurs nowhere in the texts of `hole`."""
    return next(mark for mark in _marks() if not _occurs(mark, hole))


def answer_tokens(request: GenerateRequest) -> int:
    """The limit for the whole answer, what surrounds the inserted text included."""
    return request.max_tokens + _MARGIN_TOKENS


def _marks() -> Iterator[str]:
    yield _CURSOR
    number = 2
    while True:
        yield f"{_CURSOR[:-1]}{number}>"
        number += 1


def _occurs(mark: str, hole: Hole) -> bool:
    texts = (hole.prefix, hole.middle, hole.suffix, *(one.text for one in hole.snippets))
    return any(mark in text for text in texts)
