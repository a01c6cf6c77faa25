"""Files that stand beside the current one, and its test or what it tests.

Where several files play one role, one of them often holds the very pattern that is being written:
a function of the same name as the one around the cursor is shown with its body, and of the files
themselves what they define.
"""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.render import of_module, of_text, words
from aicopilot_lsp.context.sources.resolve import nearness
from aicopilot_lsp.context.surroundings import surroundings
from aicopilot_lsp.context.types import Situation, Snippet
from aicopilot_lsp.store.index.types import Symbol

_SAME_NAME = 0.35
_FILE = 0.08
_MAX_SAME_NAME = 3
_MAX_FILES = 3
_MAX_LINES = 40
_MAX_DEFINED = 12  # a name that is defined more often is nobody's role: __init__, main
_TEST_PARTS = re.compile(r"(?:^|[._-])(?:test|tests|spec)(?=$|[._-])", re.IGNORECASE)


class Siblings:
    """Source "siblings"."""

    name = "siblings"
    only_asks = True

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        if not situation.path:
            return []
        return [*await _same_name(situation, index), *await _files(situation, index)]


async def _same_name(situation: Situation, index: Index) -> list[Snippet]:
    within = surroundings(situation.document, situation.cursor, situation.outline)
    if within.function is None:
        return []
    name = within.function.name
    symbols = [
        symbol
        for symbol in await index.defining([name], limit=_MAX_DEFINED + 1)
        if symbol.path != situation.path and symbol.last - symbol.first > 1
    ]
    if len(symbols) >= _MAX_DEFINED:
        return []
    suffix = PurePosixPath(situation.path).suffix
    symbols = [symbol for symbol in symbols if PurePosixPath(symbol.path).suffix == suffix]
    symbols.sort(key=lambda symbol: (-nearness(symbol.path, situation.path), symbol.path))
    snippets = []
    for symbol in symbols[:_MAX_SAME_NAME]:
        last = min(symbol.last, symbol.first + _MAX_LINES)
        text = await index.lines(symbol.path, symbol.first, last)
        snippets += _snippet(symbol, last, text)
    return snippets


def _snippet(symbol: Symbol, last: int, text: str) -> list[Snippet]:
    renderings = of_text(text, words(text))
    if not renderings:
        return []
    return [
        Snippet(
            source=Siblings.name,
            path=symbol.path,
            first=symbol.first,
            last=last,
            score=_SAME_NAME,
            renderings=renderings,
            why=f"also defines {symbol.name}",
        )
    ]


async def _files(situation: Situation, index: Index) -> list[Snippet]:
    path = PurePosixPath(situation.path)
    folder = "" if str(path.parent) == "." else f"{path.parent}/"
    beside = await index.paths(f"{_literal(folder)}*{_literal(path.suffix)}", limit=64)
    stem = _role(path.stem)
    twins = await index.paths(f"*{_literal(stem)}*{_literal(path.suffix)}", limit=32)
    scored = []
    for other in {*beside, *twins} - {situation.path}:
        its_folder, its_stem = _split(other)
        same_role = _role(its_stem) == stem and its_stem != path.stem
        if same_role or its_folder == folder:
            scored.append((-_likeness(path.stem, its_stem) - same_role, other))
    snippets = []
    for _, other in sorted(scored)[:_MAX_FILES]:
        symbols = [symbol for symbol in await index.symbols_in(other) if not symbol.parent]
        renderings = of_module(other, symbols)
        if renderings:
            snippets.append(
                Snippet(
                    source=Siblings.name,
                    path=other,
                    first=0,
                    last=max(symbol.last for symbol in symbols),
                    score=_FILE,
                    renderings=renderings,
                    why="stands beside this file",
                )
            )
    return snippets


def _split(path: str) -> tuple[str, str]:
    """The folder with "/" behind it, and the name without its suffix."""
    folder, slash, name = path.rpartition("/")
    return folder + slash, name[:1] + name[1:].rpartition(".")[0] if "." in name[1:] else name


def _role(stem: str) -> str:
    """A file's name without what makes it a test: "test_app" and "app.spec" are "app"."""
    return _TEST_PARTS.sub("", stem).strip("._-") or stem


def _likeness(name: str, other: str) -> float:
    """Shared parts of two names, 0 to 1."""
    mine, theirs = set(re.split(r"[._-]+", name)), set(re.split(r"[._-]+", other))
    return len(mine & theirs) / len(mine | theirs)


def _literal(text: str) -> str:
    """For a GLOB of SQLite: marks stand for themselves in brackets."""
    return re.sub(r"([*?\[])", r"[\1]", text)


def create() -> Siblings:
    return Siblings()
