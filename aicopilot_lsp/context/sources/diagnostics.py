"""What other language servers say of the lines around the cursor.

Not of the cursor's own line: what is wrong with that is mostly that it is not finished.
"""

from collections.abc import Sequence

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.render import commented, words
from aicopilot_lsp.context.types import Diagnostic, Rendering, Situation, Size, Snippet
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_for

_REACH = 8  # lines
_NEXT_TO_CURSOR = 0.4
_MAX = 4
_MAX_CHARS, _MAX_LINE_CHARS = 200, 80
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
            and 0 < abs(diagnostic.line - situation.cursor.line) <= _REACH
        ]
        near.sort(key=lambda pair: (pair[0], pair[1].severity, pair[1].message))
        snippets = []
        for distance, diagnostic in near[:_MAX]:
            message = " ".join(diagnostic.message.split())[:_MAX_CHARS]
            if not message:
                continue
            kind = "error" if diagnostic.severity < _WARNING else "warning"
            text = commented(f"{kind}{_place(situation.document, diagnostic)}: {message}", language)
            snippets.append(
                Snippet(
                    source=self.name,
                    path=situation.path,
                    first=diagnostic.line,
                    last=diagnostic.line,  # it is shown anyway
                    score=_NEXT_TO_CURSOR / (1 + (distance - 1) / 5),
                    renderings=(Rendering(size=Size.NAME, text=text, names=words(message)),),
                    why=f"{kind} reported",
                    passes=True,
                )
            )
        return snippets


def _place(document: DocumentSnapshot, diagnostic: Diagnostic) -> str:
    """By its text: a model can't count lines."""
    line = " ".join(document.line_text(diagnostic.line)[:_MAX_LINE_CHARS].split())
    return f" in `{line}`" if line else ""


def create() -> Diagnostics:
    return Diagnostics()
