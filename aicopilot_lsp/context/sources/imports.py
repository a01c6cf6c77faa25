"""What the current file imports: its import block, and what imported modules offer.

The block is the cheapest context there is: nearly all names of other files that come into a line by
import stand in it, and more often than not it is far above the cursor.
"""

from collections.abc import Sequence

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.render import MAX_LINE_CHARS, commented, of_module
from aicopilot_lsp.context.sources.resolve import Lookup, local_name
from aicopilot_lsp.context.types import Rendering, Situation, Size, Snippet
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import Language, language_for
from aicopilot_lsp.text.syntax.outline import Import

_BLOCK = 0.6
_UNUSED = 0.9  # of a name that is used nowhere yet
_MODULE = 0.15  # of a module that is not named near the cursor
_MAX_MODULES = 8
_MAX_BLOCK_LINES = 120  # statements, and lines of one
_MAX_TEXT_CHARS = 1_000  # of a line


class Imports:
    """Source "imports"."""

    name = "imports"
    only_asks = True

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        return [
            *_unused(situation),
            *_block(situation),
            *await _modules(situation, index),
        ]


def _unused(situation: Situation) -> list[Snippet]:
    """The statements that import what is not used yet; of long ones that alone."""
    snippets = []
    language = language_for(situation.document.language_id, situation.path)
    for start, end in sorted({(one.start, one.end) for one in situation.unused}):
        imports = [one for one in situation.unused if one.start == start]
        names = [one.local_name for one in imports]
        text = _text(situation.document, (start.line, end.line), language)
        if len(text) > MAX_LINE_CHARS:
            text = commented("\n".join(_by_module(imports)), language)
        whole = Rendering(size=Size.WHOLE, text=text, names=frozenset(names))
        snippets.append(
            Snippet(
                source=Imports.name,
                path=situation.path,
                first=start.line,
                last=end.line + 1,
                score=_UNUSED,
                renderings=(whole,),
                why=f"imports {', '.join(names)}, which nothing uses yet",
            )
        )
    return snippets


def _block(situation: Situation) -> list[Snippet]:
    imports = [i for i in situation.outline.imports if i.local_name or i.name == "*"]
    if not imports:
        return []
    statements = sorted({(i.start.line, i.end.line) for i in imports})
    names = list(dict.fromkeys(i.local_name for i in imports if i.local_name))
    language = language_for(situation.document.language_id, situation.path)
    texts = [_text(situation.document, lines, language) for lines in statements[:_MAX_BLOCK_LINES]]
    forms = (
        (Size.WHOLE, "\n".join(dict.fromkeys(texts))),
        (Size.SIGNATURE, commented("\n".join(_by_module(imports)), language)),
        (Size.NAME, commented("imports: " + ", ".join(names), language)),
    )
    renderings = tuple(
        Rendering(size=size, text=text, names=frozenset(names)) for size, text in forms
    )
    return [
        Snippet(
            source=Imports.name,
            path=situation.path,
            first=statements[0][0],
            last=statements[-1][1] + 1,
            score=_BLOCK,
            renderings=renderings,
            why="what the file imports",
        )
    ]


def _by_module(imports: Sequence[Import]) -> list[str]:
    names: dict[str, list[str]] = {}
    for one in imports:
        taken = names.setdefault(one.module, [])
        if one.local_name and one.local_name != one.module:
            taken.append(one.local_name)
    return [f"{module}: {', '.join(taken)}" if taken else module for module, taken in names.items()]


def _text(document: DocumentSnapshot, lines: tuple[int, int], language: Language) -> str:
    """Lines first..last as one: without comments, which would be about all that follows."""
    first, last = lines
    found = document.lines[first : min(last + 1, first + _MAX_BLOCK_LINES)]
    bare = (language.without_comment(line[:_MAX_TEXT_CHARS]) for line in found)
    return " ".join(" ".join(bare).split())


async def _modules(situation: Situation, index: Index) -> list[Snippet]:
    """What can be had from modules that are imported as such."""
    lookup = Lookup(index, situation.path)
    weights: dict[str, float] = {}
    for near in situation.names:
        for name in (near.name, near.receiver.partition(".")[0]):
            weights[name] = max(weights.get(name, 0.0), near.weight)
    for kind, weight in situation.types.items():
        head = kind.partition(".")[0]
        weights[head] = max(weights.get(head, 0.0), weight)
    targets: dict[str, tuple[float, str]] = {}
    for row in await lookup.imports():
        name = local_name(row)
        if not row.target or row.target == situation.path:
            continue
        if row.name not in ("", "*"):
            if not _is_file_of(row.target, row.name):
                continue
            if any(one.name == row.name for one in await lookup.exported(row.target)):
                continue  # one thing of the module, not the module
        weight = max(weights.get(name, 0.0), _MODULE)
        targets[row.target] = max(targets.get(row.target, (0.0, "")), (weight, name))
    ranked = sorted(targets.items(), key=lambda item: (-item[1][0], item[0]))
    snippets = []
    for target, (weight, name) in ranked[:_MAX_MODULES]:
        symbols = await lookup.exported(target)
        renderings = of_module(target, symbols)
        if renderings:
            snippets.append(
                Snippet(
                    source=Imports.name,
                    path=target,
                    first=0,
                    last=max(symbol.last for symbol in symbols),
                    score=min(weight, 1.0),
                    renderings=renderings,
                    why=f"what {name or 'an imported module'} offers",
                )
            )
    return snippets


def _is_file_of(target: str, name: str) -> bool:
    """Whether `target` is the module `name` itself, not what the name is taken from."""
    parts = target.rpartition(".")[0].split("/")
    return name in (parts[-1], parts[-2] if len(parts) > 1 and parts[-1] in _ROOTS else "")


_ROOTS = ("__init__", "index", "mod")


def create() -> Imports:
    return Imports()
