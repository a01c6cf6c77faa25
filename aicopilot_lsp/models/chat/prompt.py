"""What a chat model is told, so that it writes exactly the missing text.

The text behind the cursor comes first and the text before it last: it reads like a text to be
continued, and typing only appends to it, so that prompt caches hold the rest. Small models complete
around a mark at the cursor, or write it out, so there is none. Where the server lets a model go on
with an answer that was begun for it, that is done: of the forms tried on the 0.5B it did best on a
few tiny holes and on 13 lines of real projects (two of them exact, none or one with the others),
too few to tell how much better. Pure.
"""

import re
from dataclasses import dataclass

from aicopilot_lsp.models.protocol import GenerateRequest, Hole, hole_of

# The whole answer is limited, and only a part of it goes in: there is a fence around it, perhaps a
# line or two above, and the cursor's line at its usual three characters to the token.
_AROUND_TOKENS = 32
_CHARS_PER_TOKEN = 3
_FENCE = re.compile(r"`{3,}")

# Where the model is to go on; it may begin with them again, clean.py takes them off.
_NEAR_LINES = 3

_SYSTEM = (
    "You continue code. The user shows the code behind the cursor, then the code before the "
    "cursor. Answer with the text that stands between the two, and nothing else, in one code "
    "fence. Do not repeat the code before or after. Do not explain."
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is sent: one message of the system, and one of the user in two parts that are joined as
    they are.

    Attributes
    ----------
    stable : str
        Stays as it is while the user types in one place.
    begun : str
        The beginning of the answer, for servers that let the model go on with one; it has `near`
        in it, but for blanks at the end.
    near : str
        The last lines up to the cursor.
    """

    system: str
    stable: str
    volatile: str
    begun: str
    near: str

    @property
    def user(self) -> str:
        return self.stable + self.volatile


def conversation(request: GenerateRequest) -> Conversation:
    """What a model is told to fill the request's hole."""
    hole = hole_of(request)
    fence = _fence_for(hole)
    others = [f"{one.path}\n{fence}\n{one.text}\n{fence}\n" for one in hole.snippets]
    about = f"{hole.file_name or 'The file'} ({hole.language_id or 'text'})\n"
    behind = f"After the cursor:\n{fence}\n{hole.suffix}\n{fence}\n"
    before = f"Before the cursor:\n{fence}\n{hole.before}\n{fence}\n"
    near = "\n".join(hole.before.split("\n")[-_NEAR_LINES:])
    last = f"Go on from the last of these lines:\n{near}"
    # Blanks at its end would be half a token.
    begun = f"{fence}{hole.language_id}\n{near}".rstrip(" \t")
    return Conversation(_SYSTEM, "".join(others) + about + behind, before + last, begun, near)


def answer_tokens(request: GenerateRequest) -> int:
    """The limit for the whole answer, what surrounds the inserted text included."""
    head = hole_of(request).before.rpartition("\n")[2]
    return request.max_tokens + _AROUND_TOKENS + len(head) // _CHARS_PER_TOKEN


def _fence_for(hole: Hole) -> str:
    """A fence that no text in it can close."""
    texts = (hole.prefix, hole.middle, hole.suffix, *(one.text for one in hole.snippets))
    longest = max((len(run) for text in texts for run in _FENCE.findall(text)), default=2)
    return "`" * (longest + 1)
