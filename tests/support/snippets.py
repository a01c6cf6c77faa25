"""Snippets as tests need them: each defines one name, in so many lines."""

from aicopilot_lsp.context.types import Gathered, Rendering, Situation, Size, Snippet
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.syntax.outline import Outline


def snippet(name: str, *, path: str = "", score: float = 0.9, lines: int = 4) -> Snippet:
    """One that defines `name`, whole or by its signature."""
    head = f"def {name}(order):"
    body = "".join(f"\n    {name}_step_{number}(order)" for number in range(lines - 1))
    whole = Rendering(size=Size.WHOLE, text=head + body, names=frozenset({name}))
    signature = Rendering(size=Size.SIGNATURE, text=head, names=frozenset({name}))
    return Snippet(
        source="definitions",
        path=path or f"{name}.py",
        first=0,
        last=lines,
        score=score,
        renderings=(whole, signature),
    )


def gathered(*snippets: Snippet) -> Gathered:
    document = DocumentSnapshot.from_text("x = 1\n", language_id="python")
    outline = Outline(language="python")
    situation = Situation(document=document, cursor=Point(0, 0), path="a.py", outline=outline)
    return Gathered(situation=situation, snippets=snippets)
