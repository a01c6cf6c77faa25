"""`aicopilot/didChangeDiagnostics`: what other servers found wrong in a document."""

from typing import Any

from aicopilot_lsp.lsp.session import Session


def did_change_diagnostics(session: Session, params: Any) -> None:
    """Changes live state; instant. What is told of a text that has changed since is of no use: its
    lines may be others, and it will be told anew."""
    match params:
        case {"uri": str(uri), "diagnostics": list(diagnostics)}:
            taken = session.documents.take(uri)
            if taken is None or params.get("version") not in (None, taken.snapshot.version):
                return
            session.diagnostics.told(uri, diagnostics, len(taken.snapshot.lines))
