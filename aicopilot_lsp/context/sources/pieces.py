"""What sources of similar pieces have in common: which are looked at, and how they are shown."""

from collections.abc import Iterable, Sequence
from heapq import nlargest

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.render import of_text, words
from aicopilot_lsp.context.types import Situation, Snippet
from aicopilot_lsp.store.index.types import ChunkRow

_ABOVE, _BELOW = 12, 4  # lines that are asked with
_MAX_LINE_CHARS = 500  # of a line that is asked with; a longer one is data
# The nearest three of 16 and of 32 pieces held the line that was really there at 41 and 42 of 300
# places; with 10,000 files they cost 7.0 and 10.7 ms of a core.
_CANDIDATES = 16
_BEST = 0.25
_MAX_PIECES = 8
_MAX_LINES = 40


def around(situation: Situation) -> str:
    """The text that pieces are wanted for."""
    line = situation.cursor.line
    lines = situation.document.lines[max(line - _ABOVE, 0) : line + _BELOW]
    return "\n".join(one[:_MAX_LINE_CHARS] for one in lines)


async def candidates(asked: str, situation: Situation, index: Index) -> Sequence[ChunkRow]:
    """Pieces of other files that share rare names with `asked`: the file itself is most like
    itself, and its prompt has it."""
    return await index.search(asked, exclude=[situation.path], limit=_CANDIDATES)


def snippets(
    source: str, ranked: Iterable[tuple[float, ChunkRow]], *, why: str
) -> Sequence[Snippet]:
    """The best of the pieces with what speaks for each, 0 or less for nothing; of equal ones the
    first."""
    nearest = nlargest(_MAX_PIECES, ranked, key=lambda one: one[0])
    best = nearest[0][0] if nearest else 0.0
    found = []
    for near, piece in nearest:
        text = shown(piece)
        renderings = of_text(text, words(text))
        if near > 0 and renderings:
            found.append(
                Snippet(
                    source=source,
                    path=piece.path,
                    first=piece.first,
                    last=min(piece.last, piece.first + _MAX_LINES),
                    score=_BEST * near / best,
                    renderings=renderings,
                    why=why,
                )
            )
    return found


def shown(piece: ChunkRow) -> str:
    """As much of it as goes into a prompt."""
    return "\n".join(piece.text.splitlines()[:_MAX_LINES])
