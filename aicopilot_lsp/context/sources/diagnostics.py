"""What a language server says of the lines around the cursor."""

from collections.abc import Sequence

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.render import commented, words
from aicopilot_lsp.context.types import Rendering, Situation, Size, Snippet
from aicopilot_lsp.text.languages import language_for

_REACH = 8  # lines
_AT_CURSOR = 0.5
_MAX = 4
_MAX_CHARS = 200
_WARNING = 2


class Diagnostics:
    """Source "diagnostics"."""

    name = "diagnostics"

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:  # noqa: ARG002
        language = language_for(situation.document.language_id, situation.path)
        near = [
            (abs(diagnostic.line - situation.cursor.line), diagnostic)
            for diagnostic in situation.around.diagnostics
            if diagnostic.severity <= _WARNING
            and abs(diagnostic.line - situation.cursor.line) <= _REACH
        ]
        near.sort(key=lambda pair: (pair[0], pair[1].severity, pair[1].message))
        snippets = []
        for distance, diagnostic in near[:_MAX]:
            message = " ".join(diagnostic.message.split())[:_MAX_CHARS]
            if not message:
                continue
            kind = "error" if diagnostic.severity < _WARNING else "warning"
            text = commented(f"{kind} in line {diagnostic.line + 1}: {message}", language)
            snippets.append(
                Snippet(
                    source=self.name,
                    path=situation.path,
                    first=diagnostic.line,
                    last=diagnostic.line,  # it is shown anyway
                    score=_AT_CURSOR / (1 + distance / 4),
                    renderings=(Rendering(size=Size.NAME, text=text, names=words(message)),),
                    why=f"{kind} reported",
                )
            )
        return snippets


def create() -> Diagnostics:
    return Diagnostics()
