"""What the editor showed and did besides the current document, as context.types has it.

`taken` freezes it in the turn in which a request was read; `around` gives it paths later, and
leaves out what may not be shown along with other files (shown.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aicopilot_lsp.context.types import Around, Diagnostic, Hunk, OpenFile, View
from aicopilot_lsp.lsp.client import Folder
from aicopilot_lsp.lsp.history import Edited, Seen
from aicopilot_lsp.lsp.session import Session
from aicopilot_lsp.lsp.shown import Beside, holder
from aicopilot_lsp.text.document import DocumentSnapshot

MAX_OPEN_FILES = 20
# A file of data or logs. Freezing one costs by its lines, with each edit of it anew.
_MAX_LINES = 20_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What there was when a request was read."""

    open_files: tuple[DocumentSnapshot, ...] = field(default=(), repr=False)
    edits: Sequence[Edited] = ()
    views: Sequence[Seen] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def taken(session: Session, uri: str) -> Taken:
    """In the turn of a request about `uri`."""
    if not session.settings.context.enabled:
        return Taken()
    history = session.history
    others = (one for one in history.uris() if one != uri)
    found = (session.documents.take(one, max_lines=_MAX_LINES) for one in others)
    opened = [one.snapshot for one in found if one is not None]
    diagnostics = session.diagnostics.of(uri)
    return Taken(tuple(opened[:MAX_OPEN_FILES]), history.edits(), history.views(), diagnostics)


async def around(session: Session, uri: str, taken: Taken, folders: tuple[Folder, ...]) -> Around:
    """The same with paths (Shown.paths_of)."""
    if not session.settings.context.enabled:  # it may have been said since
        return Around()
    shown = await session.shown.paths_of(_languages(taken), Beside(uri, folders), session.settings)
    root = holder(uri, folders)
    return Around(
        root="" if root is None else str(root),
        open_files=tuple(
            OpenFile(path=shown[document.uri], document=document)
            for document in taken.open_files
            if document.uri in shown
        ),
        edits=tuple(_hunk(one, shown[one.uri]) for one in taken.edits if one.uri in shown),
        views=tuple(_view(one, shown[one.uri]) for one in taken.views if one.uri in shown),
        diagnostics=taken.diagnostics,
    )


def _languages(taken: Taken) -> dict[str, str]:
    """The language ids of all documents that are in it; those of closed ones are not known."""
    used = [edited.uri for edited in taken.edits] + [seen.uri for seen in taken.views]
    return dict.fromkeys(used, "") | {
        document.uri: document.language_id for document in taken.open_files
    }


def _hunk(edited: Edited, path: str) -> Hunk:
    hunk = edited.hunk
    return Hunk(
        path=path, first=edited.line_now, removed=hunk.removed, added=hunk.added, at_s=hunk.at_s
    )


def _view(seen: Seen, path: str) -> View:
    return View(path=path, first=seen.first, last=seen.last, at_s=seen.at_s)
