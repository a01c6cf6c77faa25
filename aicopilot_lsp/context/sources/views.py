"""What was looked at lately in other files: somebody who looks something up is about to use it."""

from collections.abc import Sequence

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.render import of_text, words
from aicopilot_lsp.context.types import Situation, Snippet
from aicopilot_lsp.text.languages import language_for

_NEWEST = 0.3
_EACH = 0.8
_FOREIGN = 0.5  # times the score of a file in another language: less of it can be copied
_MAX_VIEWS = 4
_MAX_LINES = 40


class Views:
    """Source "views"."""

    name = "views"
    only_asks = True

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        language = language_for(situation.document.language_id, situation.path)
        views = [view for view in situation.around.views if view.path != situation.path]
        snippets = []
        for number, view in enumerate(views[:_MAX_VIEWS]):
            middle = (view.first + view.last) // 2
            first = max(view.first, middle - _MAX_LINES // 2, 0)
            last = min(view.last, first + _MAX_LINES)
            text = await index.lines(view.path, first, last)
            renderings = of_text(text, words(text))
            kindred = language_for("", view.path).name == language.name
            if renderings:
                snippets.append(
                    Snippet(
                        source=self.name,
                        path=view.path,
                        first=first,
                        last=last,
                        score=_NEWEST * _EACH**number * (1.0 if kindred else _FOREIGN),
                        renderings=renderings,
                        why="looked at lately",
                    )
                )
        return snippets


def create() -> Views:
    return Views()
