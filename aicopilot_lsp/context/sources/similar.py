"""Pieces of the workspace that share rare identifiers with the lines around the cursor."""

from collections.abc import Sequence

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.render import of_text, words
from aicopilot_lsp.context.types import Situation, Snippet

_ABOVE, _BELOW = 12, 4  # lines that are asked with
_BEST = 0.25
_MAX_CHUNKS = 8
_MAX_LINES = 40
_MAX_LINE_CHARS = 500  # of a line that is asked with; a longer one is data


class Similar:
    """Source "similar"."""

    name = "similar"
    only_asks = True

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        line = situation.cursor.line
        lines = situation.document.lines[max(line - _ABOVE, 0) : line + _BELOW]
        asked = "\n".join(one[:_MAX_LINE_CHARS] for one in lines)
        # The file itself is most like itself, and its prompt has it.
        chunks = await index.search(asked, exclude=[situation.path], limit=_MAX_CHUNKS)
        best = max((chunk.score for chunk in chunks), default=0.0)
        snippets = []
        for chunk in chunks:
            if best <= 0:
                continue
            text = "\n".join(chunk.text.splitlines()[:_MAX_LINES])
            renderings = of_text(text, words(text))
            if renderings:
                snippets.append(
                    Snippet(
                        source=self.name,
                        path=chunk.path,
                        first=chunk.first,
                        last=min(chunk.last, chunk.first + _MAX_LINES),
                        score=_BEST * chunk.score / best,
                        renderings=renderings,
                        why="shares rare names with the lines around the cursor",
                    )
                )
        return snippets


def create() -> Similar:
    return Similar()
