"""What of a source's answer can be used: sources are plug-ins, and one may give anything.

What comes through here has the types that it says, is bounded in number and size, and has a path
that tells nobody's name; what follows (select.py, prompts, reports) relies on that. Pure.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from aicopilot_lsp.context.types import Rendering, Size, Snippet

MAX_SNIPPETS = 256  # of one source
MAX_RENDERINGS = 8  # of one snippet; there are four sizes
MAX_CHARS = 16_000  # of one rendering; more than a prompt has room for in all
_MAX_WHY_CHARS = 200


def sound(found: Iterable[object], own_path: str) -> Iterator[Snippet]:
    """The snippets that can be used, with those of their renderings that can.

    Parameters
    ----------
    own_path : str
        Of the current file, which is shown under no path and may therefore have any.
    """
    for snippet in islice(found, MAX_SNIPPETS):
        if isinstance(snippet, Snippet) and _is_well_formed(snippet, own_path):
            first_ones = snippet.renderings[:MAX_RENDERINGS]
            renderings = tuple(one for one in first_ones if _is_usable(one))
            score, why = float(min(max(snippet.score, 0), 1)), snippet.why[:_MAX_WHY_CHARS]
            if not renderings:
                continue
            if (score, why, renderings) == (snippet.score, snippet.why, snippet.renderings):
                yield snippet
            else:
                yield replace(snippet, score=score, why=why, renderings=renderings)


def _is_well_formed(snippet: Snippet, own_path: str) -> bool:
    typed = (
        (snippet.first, int),
        (snippet.last, int),
        (snippet.score, int | float),
        (snippet.also, frozenset),
        (snippet.renderings, tuple),
    )
    if not all(isinstance(value, kind) for value, kind in typed):
        return False
    texts = (snippet.source, snippet.path, snippet.why, *snippet.also)
    if not all(isinstance(one, str) for one in texts):
        return False
    return math.isfinite(snippet.score) and (snippet.path == own_path or _is_relative(snippet.path))


def _is_relative(path: str) -> bool:
    """An absolute path says who somebody is, and one with a line break in it breaks a heading."""
    return path.isprintable() and not path.startswith(("/", "\\", "~")) and path[1:2] != ":"


def _is_usable(rendering: object) -> bool:
    return (
        isinstance(rendering, Rendering)
        and isinstance(rendering.size, Size)
        and isinstance(rendering.text, str)
        and isinstance(rendering.names, frozenset)
        and len(rendering.names) <= MAX_CHARS
        and bool(rendering.text.strip())
        and len(rendering.text) <= MAX_CHARS
    )
