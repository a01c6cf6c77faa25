"""What was edited lately, as small diffs: a change in one place often goes on in another."""

from collections.abc import Sequence

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.render import commented, words
from aicopilot_lsp.context.types import Hunk, Rendering, Situation, Size, Snippet
from aicopilot_lsp.text.languages import language_for

_NEWEST = 0.5
_EACH = 0.8  # each older one, against the one after it
_MAX_HUNKS = 6
_MAX_LINES = 12  # of either side
_NEAR = 15  # lines of the current file that the prompt shows as they are now


class Edits:
    """Source "edits"."""

    name = "edits"

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:  # noqa: ARG002
        snippets = []
        for number, hunk in enumerate(situation.around.edits[:_MAX_HUNKS]):
            last = hunk.first + max(len(hunk.added), 1)
            if hunk.path == situation.path and _overlaps(
                hunk.first, last, situation.cursor.line - _NEAR, situation.cursor.line + _NEAR
            ):
                continue
            rendering = _diff(hunk)
            if rendering is not None:
                snippets.append(
                    Snippet(
                        source=self.name,
                        path=hunk.path,
                        first=hunk.first,
                        last=last,
                        score=_NEWEST * _EACH**number,
                        renderings=(rendering,),
                        why="edited lately",
                    )
                )
        return snippets


def _diff(hunk: Hunk) -> Rendering | None:
    lines = [f"-{line}" for line in hunk.removed[:_MAX_LINES] if line.strip()]
    lines += [f"+{line}" for line in hunk.added[:_MAX_LINES] if line.strip()]
    if not lines:
        return None
    text = commented("\n".join(lines), language_for("", hunk.path))
    return Rendering(size=Size.WHOLE, text=text, names=words("\n".join(hunk.added[:_MAX_LINES])))


def _overlaps(first: int, last: int, other_first: int, other_last: int) -> bool:
    return first < other_last and other_first < last


def create() -> Edits:
    return Edits()
