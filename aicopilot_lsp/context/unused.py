"""Names that a file imports and does not use: what is being written now, more often than not.

Who adds an import is about to use it, and a linter removes it from those who are not. Of 24 dev
tasks in Python and TypeScript whose file had one such name, 22 used it in what was to be written;
of files that have many, which re-export them, hardly one did.
"""

import re
from collections.abc import Sequence

from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.syntax.outline import Import, Outline

_MOST = 3
# This runs on the event loop: some 2 ms for as much as that.
_MAX_CHARS, _MAX_IMPORTS = 200_000, 200
_MAX_LOOKS = 100  # at places where a name stands within other words
_MAX_STATEMENT_CHARS = 300
# There an import can be in use without being named: it brings the methods of a trait or an implicit
# object, an operator, what a base has, or what is loaded when it is used.
_ACT_UNNAMED = frozenset({"rust", "scala", "kotlin", "cpp", "ruby"})
# There a module by itself is known under the last part of its name; elsewhere it is a file that is
# run, included or linked to.
_NAME_MODULES = frozenset({"python", "go", "elixir"})
_VERSION = re.compile(r"v\d+")  # a package of Go in such a folder has the name of the one around it
_COMPILERS_OWN_MODULES, _COMPILERS_OWN_NAMES = frozenset({"__future__"}), frozenset({"React", "h"})
# What imports for others to use: whole files, statements that begin so, and what linters are told.
_HAND_ON = ("__init__.py", "conftest.py", ".pyi")
_EXPORTS = ("export", "global ")
_ON_PURPOSE = re.compile(r"noqa|unused", re.IGNORECASE)


def unused_imports(document: DocumentSnapshot, path: str, outline: Outline) -> tuple[Import, ...]:
    """Those that nothing in the file uses, at most three; none where there are more."""
    if outline.language in _ACT_UNNAMED or path.endswith(_HAND_ON):
        return ()
    if len(outline.imports) > _MAX_IMPORTS or sum(map(len, document.lines)) > _MAX_CHARS:
        return ()
    named = {
        one.local_name: one
        for one in outline.imports
        if _has_name(one, outline.language) and not _is_for_others(document, one)
    }
    if not named:
        return ()
    text = _without_imports(document, outline)
    unused: list[Import] = []
    for name, one in named.items():
        if not _is_word_of(text, name):
            unused.append(one)
        if len(unused) > _MOST:
            return ()
    return tuple(unused)


def _has_name(one: Import, language: str) -> bool:
    """Whether it brings a name that is seen where it is used."""
    name = one.local_name
    if not (one.name or one.alias) and (language not in _NAME_MODULES or _VERSION.fullmatch(name)):
        return False
    if one.module in _COMPILERS_OWN_MODULES or name in _COMPILERS_OWN_NAMES:
        return False
    return name.isidentifier() and name != "_"


def _is_for_others(document: DocumentSnapshot, one: Import) -> bool:
    """Whether the statement says that it is not for this file's own use."""
    start = one.start.column
    line = "".join(document.lines[one.start.line : one.start.line + 1])
    said = line[start : start + _MAX_STATEMENT_CHARS]
    return said.startswith(_EXPORTS) or _ON_PURPOSE.search(said) is not None


def _without_imports(document: DocumentSnapshot, outline: Outline) -> str:
    pieces: list[str] = []
    at = Point(0, 0)
    for start, end in sorted({(one.start, one.end) for one in outline.imports}):
        if start > at:
            pieces += _between(document.lines, at, start)
        at = max(at, end)
    pieces += _between(document.lines, at, Point(len(document.lines), 0))
    return "".join(pieces)


def _between(lines: Sequence[str], start: Point, end: Point) -> list[str]:
    if start.line == end.line:
        return [line[start.column : end.column] for line in lines[start.line : end.line + 1]]
    first, *whole = lines[start.line : end.line] or [""]
    last = (line[: end.column] for line in lines[end.line : end.line + 1])
    return [first[start.column :], *whole, *last]


def _is_word_of(text: str, name: str) -> bool:
    """By `find`, since a regular expression takes far longer. What stands within very many other
    words counts as one."""
    at = text.find(name)
    for _ in range(_MAX_LOOKS):
        if at < 0:
            return False
        end = at + len(name)
        if not (_goes_on(text[at - 1 : at]) or _goes_on(text[end : end + 1])):
            return True
        at = text.find(name, end)
    return True


def _goes_on(char: str) -> bool:
    return char == "$" or char.isalnum() or char == "_"
