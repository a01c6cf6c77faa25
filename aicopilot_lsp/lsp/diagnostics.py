"""What the editor's other servers found wrong in open documents, as the client tells it.

A server does not see what others publish: a client that knows `aicopilot/didChangeDiagnostics`
(editors/README.md has it) passes it on. Read with forgiveness: what can't be used is left out. The
lines are those of the text as it is now: edits move them, and what stands on a line that is edited
is forgotten, for the edit may have mended it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from aicopilot_lsp.context.types import Diagnostic
from aicopilot_lsp.text.document import LineEdit

METHOD: Final = "aicopilot/didChangeDiagnostics"
MAX_DIAGNOSTICS: Final = 100  # of one document
MAX_MESSAGE_CHARS: Final = 200
_ERROR, _HINT = 1, 4


class Diagnostics:
    """Those of the open documents. Owned by the event loop."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[Diagnostic, ...]] = {}

    def told(self, uri: str, diagnostics: Sequence[Any], line_count: int) -> None:
        """All there are by now, as LSP has them, of the text as it is now."""
        read = map(_read, diagnostics[:MAX_DIAGNOSTICS])
        self._told[uri] = tuple(one for one in read if one is not None and one.line < line_count)

    def changed(self, uri: str, edits: Sequence[LineEdit]) -> None:
        for edit in edits if self._told.get(uri) else ():
            self._told[uri] = tuple(_moved(self._told[uri], edit))

    def forget(self, uri: str) -> None:
        self._told.pop(uri, None)

    def of(self, uri: str) -> tuple[Diagnostic, ...]:
        return self._told.get(uri, ())


def _read(said: Any) -> Diagnostic | None:
    """One of LSP's; None for what is none."""
    match said:
        case {"range": {"start": {"line": int(line)}}, "message": str(message)} if line >= 0:
            # Without a severity a client may choose one; they take it for an error.
            severity = said.get("severity", _ERROR)
            if isinstance(severity, int) and _ERROR <= severity <= _HINT:
                return Diagnostic(line=line, message=message[:MAX_MESSAGE_CHARS], severity=severity)
    return None


def _moved(diagnostics: Sequence[Diagnostic], edit: LineEdit) -> Iterator[Diagnostic]:
    """Without those on lines that the edit changed."""
    removed, added = edit.removed, edit.added
    most = min(len(removed), len(added))
    head = next((at for at in range(most) if removed[at] != added[at]), most)
    rest = most - head
    tail = next((at for at in range(rest) if removed[-1 - at] != added[-1 - at]), rest)
    for one in diagnostics:
        if one.line < edit.first + head:
            yield one
        elif one.line >= edit.first + len(removed) - tail:
            yield replace(one, line=one.line + len(added) - len(removed))
