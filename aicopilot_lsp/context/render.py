"""How a thing of the workspace is written into a prompt: in its own language, at several sizes.

A model reads code best, so a type is written as a declaration with its members' signatures, and
what is no code as comments of the language. No rendering ends with a line break.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from aicopilot_lsp.context.types import Rendering, Size
from aicopilot_lsp.store.index.types import Symbol
from aicopilot_lsp.text.languages import Language, language_for
from aicopilot_lsp.text.syntax.words import identifiers, parts

MAX_LINE_CHARS = 160
_MAX_MEMBERS = 60
_BRIEF_MEMBERS, _BRIEF_CHARS = 12, 80
_PRIVATE = ("private ", "#", "static private ", "readonly private ")
_ENDS = " \t{:;,="
_PARAMETER = re.compile(r"[(,]\s*(?:mut\s+|\.{3}|\*{1,2}|&)*([^\W\d][\w$]*)")
_TYPE_PARAMETERS = re.compile(r"(\w)<[^<>()]*>\(")


def commented(text: str, language: Language) -> str:
    """Each line as a comment of the language; "#" where it is not known."""
    mark = language.line_comment[0] if language.line_comment else ""
    if not mark and language.block_comment:
        opening, closing = language.block_comment[0]
        return "\n".join(f"{opening} {line} {closing}".strip() for line in text.splitlines())
    return "\n".join(f"{mark or '#'} {line}".rstrip() for line in text.splitlines())


def heading(path: str) -> str:
    """What stands above the snippets of one file."""
    return commented(path, language_for("", path))


def signature(symbol: Symbol, limit: int = MAX_LINE_CHARS) -> str:
    """On one line, without what opens a body."""
    line = " ".join((symbol.signature or symbol.name).split()).rstrip(_ENDS)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def of_function(symbol: Symbol, text: str = "") -> tuple[Rendering, ...]:
    """A function, a variable or an alias: its text if that is given, with and without its doc."""
    language = language_for("", symbol.path)
    names = frozenset({symbol.name})
    line = signature(symbol, 400)
    renderings = []
    if text:
        whole = dedented(text)
        renderings.append(Rendering(size=Size.WHOLE, text=whole, names=names))
    declared = _declared(line, language, function=symbol.kind in ("function", "method"))
    if symbol.doc:
        doc = f"{commented(symbol.doc, language)}\n{declared}"
        renderings.append(Rendering(size=Size.SKELETON, text=doc, names=names))
    renderings.append(Rendering(size=Size.SIGNATURE, text=declared, names=names))
    return _smaller(renderings)


def of_type(
    symbol: Symbol,
    members: Sequence[Symbol],
    *,
    inherited: Sequence[tuple[str, Sequence[Symbol]]] = (),
    text: str = "",
    outside: bool = False,
    likely: Collection[str] = (),
) -> tuple[Rendering, ...]:
    """A type with its members: its whole text if given, their signatures, their parameters, their
    names, and of a large type the names most likely wanted.

    Parameters
    ----------
    inherited : sequence of (str, sequence of Symbol)
        The bases by name with what each has, the nearest first: of a name that several have, the
        first one counts.
    outside : bool
        Who asks is not in the type's file and can't use what is private to it.
    likely : collection of str
        Words in lower case; members whose names hold them come before others in what is cut short.
    """
    language = language_for("", symbol.path)
    groups: list[tuple[str, Sequence[Symbol]]] = []
    told: set[str] = set()
    for name, of_group in (("", members), *inherited):
        new = [one for one in _ordered(of_group, outside=outside) if one.name not in told]
        told.update(one.name for one in new)
        if new:
            groups.append((name, new))
    shown = frozenset({symbol.name, *told})
    renderings = []
    if text:
        renderings.append(Rendering(size=Size.WHOLE, text=dedented(text), names=shown))
    body = list(_lines(groups, language))
    if body:
        skeleton = _with_body(signature(symbol), body, language)
        renderings.append(Rendering(size=Size.SKELETON, text=skeleton, names=shown))
        for size, form in ((Size.SIGNATURE, _called), (Size.NAME, _name)):
            note = ", ".join(form(m) for _, of_group in groups for m in of_group)
            line = _with_note(signature(symbol), note, language)
            renderings.append(Rendering(size=size, text=line, names=shown))
        renderings.append(_brief(symbol, groups, likely, language))
    else:
        line = _declared(signature(symbol, 400), language, function=False)
        renderings.append(Rendering(size=Size.SIGNATURE, text=line, names=shown))
    return _smaller(renderings)


def of_module(path: str, symbols: Sequence[Symbol]) -> tuple[Rendering, ...]:
    """What a file offers: signatures, then calls, then names."""
    language = language_for("", path)
    public = _ordered(symbols, outside=True)
    if not public:
        return ()
    names = frozenset(symbol.name for symbol in public)
    lines = [
        _declared(signature(s), language, function=s.kind in ("function", "method")) for s in public
    ]
    called = commented(", ".join(_called(s) for s in public), language)
    named = commented(", ".join(s.name for s in public), language)
    return _smaller(
        [
            Rendering(size=Size.SKELETON, text="\n".join(lines), names=names),
            Rendering(size=Size.SIGNATURE, text=called, names=names),
            Rendering(size=Size.NAME, text=named, names=names),
        ]
    )


def of_text(text: str, names: Iterable[str] = ()) -> tuple[Rendering, ...]:
    """A piece of a file as it stands."""
    whole = dedented(text)
    if not whole.strip():
        return ()
    return (Rendering(size=Size.WHOLE, text=whole, names=frozenset(names)),)


def dedented(text: str) -> str:
    """Without blank lines at its ends and the indentation that all its lines share; a line that
    stands further left than the first does not count (a string, a label)."""
    lines = [line.rstrip() for line in text.splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return ""
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    return "\n".join(line.removeprefix(indent) for line in lines)


def words(text: str) -> frozenset[str]:
    """The identifiers in a text."""
    return frozenset(identifiers(text))


def _smaller(renderings: Iterable[Rendering]) -> tuple[Rendering, ...]:
    """Each smaller than the one before."""
    kept: list[Rendering] = []
    for rendering in renderings:
        if rendering.text and (not kept or len(rendering.text) < len(kept[-1].text)):
            kept.append(rendering)
    return tuple(kept)


def _ordered(members: Sequence[Symbol], *, outside: bool) -> list[Symbol]:
    """Public ones first, each name once, nothing of what the language has by itself."""
    by_name: dict[str, Symbol] = {}
    for member in members:
        dunder = member.name.startswith("__") and member.name != "__init__"
        if not dunder and not (outside and member.signature.startswith(_PRIVATE)):
            by_name.setdefault(member.name, member)
    ordered = sorted(by_name.values(), key=lambda member: member.name.startswith(("_", "#")))
    return ordered[:_MAX_MEMBERS]


def _brief(
    symbol: Symbol,
    groups: Sequence[tuple[str, Sequence[Symbol]]],
    likely: Collection[str],
    language: Language,
) -> Rendering:
    names = [member.name for _, of_group in groups for member in of_group]
    wanted = sorted(names, key=lambda name: -sum(word in likely for word in parts(name)))
    taken = frozenset(wanted[:_BRIEF_MEMBERS])
    told = ", ".join(name for name in names if name in taken)
    line = _with_note(signature(symbol, _BRIEF_CHARS), f"{told}, …", language)
    return Rendering(size=Size.NAME, text=line, names=taken | {symbol.name})


def _lines(groups: Sequence[tuple[str, Sequence[Symbol]]], language: Language) -> Iterable[str]:
    for base, members in groups:
        if base:
            yield commented(f"from {base}:", language)
        for member in members:
            yield _declared(signature(member), language, function=member.kind == "method")


def _declared(line: str, language: Language, *, function: bool) -> str:
    if language.indentation_scoped:
        is_open = function or line.startswith("class ")
        return f"{line}: ..." if is_open and not line.endswith("…") else line
    return line


def _with_body(header: str, lines: Sequence[str], language: Language) -> str:
    indent = "    " if language.indentation_scoped or language.name == "rust" else "  "
    body = "\n".join(indent + line for line in lines)
    if language.indentation_scoped:
        return f"{header}:\n{body}"
    return f"{header} {{\n{body}\n}}"


def _with_note(header: str, note: str, language: Language) -> str:
    opened = f"{header}:" if language.indentation_scoped else f"{header} {{}}"
    gap = "  " if language.indentation_scoped else " "
    return f"{opened}{gap}{commented(note, language)}"


def _called(member: Symbol) -> str:
    if member.kind not in ("method", "function"):
        return member.name
    return _call(member.name, signature(member, 400))


@lru_cache(maxsize=8192)  # the same ones with each key that is typed
def _call(name: str, declared: str) -> str:
    """A call with the names of its parameters."""
    _, found, parameters = _TYPE_PARAMETERS.sub(r"\1(", declared).partition(f"{name}(")
    if not found:
        return f"{name}()"
    depth, end = 1, 0
    flat = []
    for end, char in enumerate(parameters):
        depth += (char in "([{<") - (char in ")]}" or (char == ">" and parameters[end - 1] != "-"))
        if depth == 0:
            break
        if depth == 1:
            flat.append(char)
    names = _PARAMETER.findall("(" + "".join(flat))
    told = ", ".join(name for name in names if name not in ("self", "cls", "this"))
    return f"{name}({told})"


def _name(member: Symbol) -> str:
    return member.name
