"""Asks a source about a marked text, in a workspace of a few files."""

from collections.abc import Mapping, Sequence

from aicopilot_lsp.context.protocol import Source
from aicopilot_lsp.context.situation import situate
from aicopilot_lsp.context.types import Around, Gathered, Situation, Size, Snippet
from aicopilot_lsp.text.languages import language_for, language_id_for
from aicopilot_lsp.text.syntax.read import outline
from tests.support.fixture import at_cursor
from tests.support.memory_index import index_of


def situation_of(
    marked: str, *, path: str = "src/app.py", around: Around | None = None
) -> Situation:
    """The situation at the mark."""
    snapshot = at_cursor(marked, path=path, language_id=language_id_for(path))
    language = language_for(snapshot.document.language_id, path)
    found = outline(snapshot.document, language)
    return situate(snapshot.document, snapshot.cursor, path, found, around or Around())


async def found_by(
    source: Source,
    marked: str,
    others: Mapping[str, str],
    *,
    path: str = "src/app.py",
    around: Around | None = None,
) -> list[Snippet]:
    """What the source finds, the strongest first."""
    situation = situation_of(marked, path=path, around=around)
    index = index_of({**others, path: situation.document.text})
    found = await source.find(situation, index)
    return sorted(found, key=lambda snippet: (-snippet.score, snippet.path, snippet.first))


def gathered_of(situation: Situation, snippets: Sequence[Snippet]) -> Gathered:
    return Gathered(situation=situation, snippets=tuple(snippets))


def text_at(snippet: Snippet, size: Size) -> str:
    """Its rendering at that size."""
    (rendering,) = (one for one in snippet.renderings if one.size is size)
    return rendering.text
