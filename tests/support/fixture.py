"""Source text with a cursor mark, turned into what the core works with.

`"def f():\\n    ‸"` is a document whose cursor is where the mark stands. One place that touches the
API, so that hundreds of cases need not.
"""

from aicopilot_lsp.completion.types import Snapshot, Trigger
from aicopilot_lsp.text.document import DocumentSnapshot

CURSOR = "‸"


def at_cursor(
    marked: str,
    *,
    language_id: str = "python",
    trigger: Trigger = Trigger.AUTOMATIC,
    path: str = "src/app.py",
    uri: str = "file:///project/src/app.py",
    version: int | None = 1,
) -> Snapshot:
    """A snapshot of `marked` with the mark taken out."""
    before, mark, after = marked.partition(CURSOR)
    assert mark, "the fixture has no cursor mark"
    document = DocumentSnapshot.from_text(
        before + after, uri=uri, language_id=language_id, version=version
    )
    return Snapshot(
        document=document, cursor=document.point_at(len(before)), trigger=trigger, path=path
    )
