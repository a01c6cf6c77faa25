"""Names that a file imports and does not use: what is being written now, more often than not.

Who adds an import is about to use it, and a linter removes it from those who are not. Of 24 dev
tasks in Python and TypeScript whose file had one such name, 22 used it in what was to be written;
of files that have many, which re-export them, hardly one did.
"""

import re

from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.syntax.outline import Import, Outline

_MOST = 3
_MOST_CANDIDATES = 16  # of which the text is asked; the outline does not see each use
_MAX_CHARS = 500_000
# There an import can be in use without being named: it brings a trait's or an implicit's methods.
_ACT_UNNAMED = frozenset({"rust", "scala"})
_COMPILERS_OWN = frozenset({"__future__", "react"})  # modules whose names the compiler uses


def unused_imports(document: DocumentSnapshot, outline: Outline) -> tuple[Import, ...]:
    """Those that nothing in the file uses, at most three; none where there are more."""
    if document.language_id in _ACT_UNNAMED:
        return ()
    used = {reference.name for reference in outline.references}
    used.update(reference.receiver.partition(".")[0] for reference in outline.references)
    found = {
        one.local_name: one
        for one in outline.imports
        if one.local_name and one.local_name not in used and one.module not in _COMPILERS_OWN
    }
    if not found or len(found) > _MOST_CANDIDATES or len(document.text) > _MAX_CHARS:
        return ()
    elsewhere = _without_imports(document, outline)
    unused = [one for name, one in found.items() if not _names(elsewhere, name)]
    return tuple(unused) if len(unused) <= _MOST else ()


def _without_imports(document: DocumentSnapshot, outline: Outline) -> str:
    lines = list(document.lines)
    for one in outline.imports:
        for line in range(one.start.line, min(one.end.line + 1, len(lines))):
            lines[line] = ""
    return "".join(lines)


def _names(text: str, name: str) -> bool:
    """Whether `name` is a word of `text`."""
    return name in text and re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None
