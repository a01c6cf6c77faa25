"""What a request is told of the rest of the session."""

from pathlib import Path

from aicopilot_lsp.context.index.services import IndexServices
from aicopilot_lsp.lsp import around
from aicopilot_lsp.lsp.client import Client, Folder
from aicopilot_lsp.lsp.documents import Documents
from aicopilot_lsp.lsp.model_progress import ModelProgress
from aicopilot_lsp.lsp.notices import Notices
from aicopilot_lsp.lsp.pages import Pages
from aicopilot_lsp.lsp.progress import Progress
from aicopilot_lsp.lsp.session import Session
from aicopilot_lsp.lsp.shown import Shown
from aicopilot_lsp.text.document import Change
from aicopilot_lsp.text.positions import Position, Range
from tests.lsp.test_model_progress import FakeClient


def session_in(root: Path) -> Session:
    session = Session(
        Notices(lambda text, kind: None),
        ModelProgress(Progress(FakeClient(), lambda work: None)),
        Pages(FakeClient(), lambda work: None, root.parent / "explain"),
        IndexServices(root.parent / "index", lambda status: None),
        FakeClient(),
    )
    session.begin(Client(folders=(Folder(uri=root.as_uri()),)))
    session.documents = Documents()
    session.shown = Shown(session.places, patience_s=60.0)
    return session


async def test_a_request_is_told_of_open_files_and_edits_and_of_no_secrets(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    session = session_in(root)
    uris = {name: (root / name).as_uri() for name in ("main.py", "a.py", ".env")}
    start = Range(Position(0, 0), Position(0, 0))
    for uri in uris.values():
        session.documents.open(uri, "python", 1, "x = 1\n")
        session.history.opened(uri)
        edits = session.documents.change(uri, 2, [Change(start, "y")])
        assert edits is not None
        session.history.changed(uri, edits, session.documents.lines(uri))
    session.history.cursor_at(uris["main.py"], 0)

    taken = around.taken(session, uris["main.py"])
    found = await around.around(session, uris["main.py"], taken, tuple(session.folders.values()))
    assert found.root == str(root)
    assert [(one.path, one.document.text) for one in found.open_files] == [("a.py", "yx = 1\n")]
    assert {(one.path, one.removed, one.added) for one in found.edits} == {
        ("main.py", ("x = 1",), ("yx = 1",)),
        ("a.py", ("x = 1",), ("yx = 1",)),
    }
