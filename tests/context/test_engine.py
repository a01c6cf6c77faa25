"""A workspace folder, an index of it, and what is open in the editor: what a request finds."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import CompletionSettings, ContextSettings, Settings
from aicopilot_lsp.context import engine as engine_module
from aicopilot_lsp.context.engine import ContextEngine
from aicopilot_lsp.context.index.rows import file_row
from aicopilot_lsp.context.index.service import IndexService, State, Status
from aicopilot_lsp.context.index.services import IndexServices
from aicopilot_lsp.context.index.wire import Job
from aicopilot_lsp.context.protocol import Index, Source
from aicopilot_lsp.context.sources import definitions
from aicopilot_lsp.context.types import Around, Gathered, OpenFile, Situation, Snippet, View
from aicopilot_lsp.store.index.layout import index_path
from aicopilot_lsp.store.index.writer import IndexWriter
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_for
from aicopilot_lsp.text.syntax.read import outline
from tests.support.fixture import at_cursor

STOCK = "def take_stock(shelf: str) -> int:\n    return len(shelf)\n"
ASKING = "from stock import take_stock\n\ncount = take_stock(‸\n"
_PATIENT_MS = 60_000  # is never reached: all sources answer
_PATIENT = ContextSettings(budget_ms=_PATIENT_MS)


class _IdleService(IndexService):
    """Has no worker."""

    def begin(self) -> None:
        self._put(state=State.READY)
        self._settled.set()

    async def aclose(self) -> None:
        self._settled.set()


class _Held:
    """A source that waits until the test lets it go on."""

    name = "held"

    def __init__(self) -> None:
        self.begun, self.go = asyncio.Event(), asyncio.Event()

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        self.begun.set()
        await self.go.wait()
        return await definitions.create().find(situation, index)


class Workspace:
    """One folder with an index, and an engine over it."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder, self.indexes = tmp_path / "work", tmp_path / "index"
        (self.folder / ".git").mkdir(parents=True)
        self.sources: Callable[[Settings], Sequence[Source]] = lambda _: [definitions.create()]
        self.settings = Settings(context=_PATIENT)
        self.jobs: list[Job] = []
        self._engine: ContextEngine | None = None
        self._changed = asyncio.Event()

    @property
    def engine(self) -> ContextEngine:
        """Made when it is first asked for, with the settings of then."""
        if self._engine is None:
            services = IndexServices(
                self.indexes, lambda _: self._changed.set(), make=self._service
            )
            self._engine = ContextEngine(
                self.settings,
                sources=self.sources,
                directory=self.indexes,
                indexes=services,
            )
        return self._engine

    async def until(self, state: State) -> None:
        """Return when the folder's index is in this state."""
        while [status.state for status in self.engine.statuses()] != [state]:
            self._changed.clear()
            await self._changed.wait()

    def index(self, path: str, text: str) -> None:
        """As its worker does with a file on the disk."""
        language = language_for("", path)
        document = DocumentSnapshot.from_text(text, uri=path, language_id=language.name)
        row = file_row(
            path,
            language.name,
            text,
            outline(document, language),
            digest=text.encode()[:32],
            size_bytes=len(text),
            modified_ns=1,
        )
        self.indexes.mkdir(exist_ok=True)
        database = index_path(os.path.realpath(self.folder), self.indexes)
        with IndexWriter.open(database, max_bytes=1 << 30) as writer:
            writer.put([row])

    def open(self, path: str, text: str) -> OpenFile:
        uri = (self.folder / path).as_uri()
        return OpenFile(
            path=path, document=DocumentSnapshot.from_text(text, uri=uri, language_id="python")
        )

    async def ask(
        self, marked: str = ASKING, *opened: OpenFile, path: str = "app.py", root: str | None = None
    ) -> Gathered | None:
        asked = at_cursor(marked, path=path, uri=f"file:///w/{path}")
        folder = str(self.folder) if root is None else root
        around = Around(root=folder, open_files=opened)
        return await self.engine.gather(asked.document, asked.cursor, path, around)

    async def found(self, *opened: OpenFile, root: str | None = None) -> list[tuple[str, str]]:
        """Where `take_stock` is defined, and how."""
        gathered = await self.ask(ASKING, *opened, root=root)
        assert gathered is not None
        return [(one.path, one.renderings[0].text) for one in gathered.snippets]

    async def aclose(self) -> None:
        if self._engine is not None:
            await self._engine.aclose()

    def _service(self, job: Job, on_change: Callable[[Status], None]) -> IndexService:
        self.jobs.append(job)
        return _IdleService(job, on_change)


@pytest.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[Workspace]:
    workspace = Workspace(tmp_path)
    yield workspace
    await workspace.aclose()


async def test_what_the_worker_indexed_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    (folder / ".git").mkdir(parents=True)
    (folder / "stock.py").write_text(STOCK)
    engine = ContextEngine(
        Settings(context=_PATIENT),
        sources=lambda _: [definitions.create()],
        directory=tmp_path / "index",
    )
    try:
        status = await engine.ready(folder)
        assert status is not None
        assert (status.state, status.files) == (State.READY, 1)
        asked = at_cursor(ASKING, path="app.py")
        around = Around(root=str(folder))
        gathered = await engine.gather(asked.document, asked.cursor, "app.py", around)
        assert gathered is not None
        assert [one.renderings[0].text for one in gathered.snippets] == [STOCK.rstrip()]
    finally:
        await engine.aclose()


async def test_an_index_of_a_servers_own_can_be_waited_for_too(workspace: Workspace) -> None:
    status = await workspace.engine.ready(workspace.folder)
    assert status is not None and status.state is State.READY


async def test_what_is_indexed_is_found_and_an_index_is_wanted(workspace: Workspace) -> None:
    workspace.index("stock.py", STOCK)
    assert await workspace.found() == [("stock.py", STOCK.rstrip())]
    assert [job.root for job in workspace.jobs] == [str(workspace.folder)]
    await workspace.until(State.READY)


async def test_open_documents_win_over_the_disk_and_are_those_on_the_disk_again_when_closed(
    workspace: Workspace,
) -> None:
    workspace.index("stock.py", STOCK)
    edited = workspace.open("stock.py", STOCK.replace("shelf", "shop"))
    await workspace.found(edited)  # begins to read it; a request waits for its own document only
    await workspace.ask("x‸\n", path="stock.py")
    assert await workspace.found(edited) != [("stock.py", STOCK.rstrip())]
    workspace.engine.document_closed(edited.document.uri)
    assert await workspace.found() == [("stock.py", STOCK.rstrip())]


async def test_a_newer_text_of_another_open_document_is_there_for_the_next_request(
    workspace: Workspace,
) -> None:
    first = workspace.open("stock.py", STOCK)
    other = workspace.open("stock.py", STOCK.replace("shelf", "shop"))
    for opened in (first, other):
        await workspace.found(opened)
        await _idle(workspace.engine)
        assert await workspace.found(opened) == [("stock.py", opened.document.text.rstrip())]


async def test_what_is_followed_is_read_before_the_sources_are_asked(workspace: Workspace) -> None:
    own = workspace.open("app.py", "def own(): ...\n")
    other = workspace.open("stock.py", STOCK)
    workspace.engine.follow(own.document, own.path, Around(open_files=(other,)))
    await _idle(workspace.engine)
    for opened in (own, other):
        read = workspace.engine._outlines.latest(opened.document.uri)
        assert read is not None and read.is_of(opened.document)
    assert await workspace.found(other) == [("stock.py", STOCK.rstrip())]


async def test_where_nobody_waits_sources_have_more_time(workspace: Workspace) -> None:
    held = _Held()
    workspace.index("stock.py", STOCK)
    workspace.settings = Settings(context=replace(_PATIENT, budget_ms=1))
    workspace.sources = lambda _: [held]
    asked = at_cursor(ASKING, path="app.py", uri="file:///w/app.py")
    around = Around(root=str(workspace.folder))
    resting = asyncio.create_task(
        workspace.engine.gather(asked.document, asked.cursor, "app.py", around, patient=True)
    )
    await held.begun.wait()
    held.go.set()
    gathered = await resting
    assert gathered is not None
    assert [one.late for one in gathered.yields] == [False]


async def _idle(engine: ContextEngine) -> None:
    """Return when all that requests left to be read is read."""
    await asyncio.gather(*engine._tasks)


async def test_without_a_folder_open_documents_are_all_there_is(workspace: Workspace) -> None:
    workspace.index("stock.py", STOCK)
    assert await workspace.found(root="") == []
    assert workspace.jobs == []
    gathered = await workspace.ask("def own(): ...\n\n\nown(‸\n", root="", path="")
    assert gathered is not None
    assert gathered.yields[0].fault == ""


async def test_where_context_is_switched_off_nothing_is_looked_for(workspace: Workspace) -> None:
    workspace.index("stock.py", STOCK)
    workspace.settings = Settings(context=replace(_PATIENT, enabled=False))
    assert await workspace.ask() is None
    workspace.engine.follow(at_cursor(ASKING).document, "app.py", Around())
    assert workspace.jobs == []
    assert workspace.engine._tasks == set()


async def test_where_indexes_are_switched_off_none_that_was_left_there_is_asked(
    workspace: Workspace,
) -> None:
    workspace.index("stock.py", STOCK)
    workspace.settings = Settings(context=replace(_PATIENT, index=False))
    assert await workspace.found() == []


async def test_of_a_folder_that_is_no_project_nothing_is_told_but_what_is_open(
    workspace: Workspace,
) -> None:
    workspace.index("stock.py", STOCK)  # while it was one
    (workspace.folder / ".git").rmdir()
    await workspace.found()
    await workspace.until(State.OFF)
    assert await workspace.found() == []


@pytest.mark.parametrize(
    "settings",
    [
        Settings(context=replace(_PATIENT, exclude=("/lib/",))),
        Settings(context=_PATIENT, completion=CompletionSettings(exclude=("**/lib/*.py",))),
    ],
)
async def test_what_was_indexed_before_it_was_excluded_is_not_found(
    workspace: Workspace, settings: Settings
) -> None:
    workspace.index("lib/stock.py", STOCK)
    assert [path for path, _ in await workspace.found()] == ["lib/stock.py"]
    await workspace.engine.reconfigure(settings)
    assert await workspace.found() == []
    await workspace.engine.reconfigure(workspace.settings)
    assert [path for path, _ in await workspace.found()] == ["lib/stock.py"]


async def test_new_settings_make_the_sources_anew(workspace: Workspace) -> None:
    made: list[Settings] = []

    def make(settings: Settings) -> Sequence[Source]:
        made.append(settings)
        return [definitions.create()]

    workspace.sources = make
    await workspace.found()
    await workspace.found()
    other = Settings(context=replace(_PATIENT, disabled_sources=("similar",)))
    await workspace.engine.reconfigure(other)
    await workspace.found()
    assert made == [workspace.settings, other]


async def test_a_request_is_answered_while_settings_change(workspace: Workspace) -> None:
    held = _Held()
    workspace.index("stock.py", STOCK)
    workspace.sources = lambda _: [held]
    asking = asyncio.create_task(workspace.ask())
    await held.begun.wait()
    await workspace.engine.reconfigure(Settings(context=replace(_PATIENT, exclude=("*.md",))))
    gathered = await asking
    assert gathered is not None
    assert gathered.snippets == ()


async def test_a_document_that_is_closed_during_a_request_ends_its_sources(
    workspace: Workspace,
) -> None:
    held = _Held()
    workspace.sources = lambda _: [held]
    asking = asyncio.create_task(workspace.ask())
    await held.begun.wait()
    workspace.engine.document_closed("file:///w/app.py")
    gathered = await asking
    assert gathered is not None
    assert [one.fault for one in gathered.yields] == ["CancelledError"]


async def test_two_requests_for_one_document_share_what_is_under_way(workspace: Workspace) -> None:
    held = _Held()
    workspace.index("stock.py", STOCK)
    workspace.sources = lambda _: [held]
    both = [asyncio.create_task(workspace.ask()) for _ in range(2)]
    await held.begun.wait()
    held.go.set()
    for gathered in await asyncio.gather(*both):
        assert gathered is not None
        assert [one.path for one in gathered.snippets] == ["stock.py"]


async def test_a_cancelled_request_leaves_the_engine_as_it_was(workspace: Workspace) -> None:
    held = _Held()
    workspace.index("stock.py", STOCK)
    workspace.sources = lambda _: [held]
    asking = asyncio.create_task(workspace.ask())
    await held.begun.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    held.go.set()
    assert [path for path, _ in await workspace.found()] == ["stock.py"]


async def test_a_folder_that_leaves_the_workspace_is_let_go(workspace: Workspace) -> None:
    workspace.index("stock.py", STOCK)
    await workspace.found()
    workspace.engine.folder_removed(workspace.folder)
    assert workspace.engine.statuses() == ()
    assert await workspace.found() == [("stock.py", STOCK.rstrip())]  # should it come again
    assert len(workspace.jobs) == 2


async def test_where_a_document_takes_long_to_read_an_older_reading_has_to_do(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.index("stock.py", STOCK)
    await workspace.found()
    monkeypatch.setattr(engine_module, "_OUTLINE_SHARE", 0.0)
    gathered = await workspace.ask(ASKING.replace("count", "total"))
    assert gathered is not None
    assert [one.path for one in gathered.snippets] == ["stock.py"]


async def test_a_document_that_was_never_read_in_time_has_no_context_yet(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "_OUTLINE_SHARE", 0.0)
    assert await workspace.ask() is None


async def test_what_fails_in_the_engine_costs_the_context_and_not_the_suggestion(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> None:
        raise ValueError("in situate")

    monkeypatch.setattr(engine_module, "situate", failing)
    assert await workspace.ask() is None
    assert "The context engine failed." in caplog.text


async def test_after_its_end_the_engine_finds_nothing_and_may_be_ended_again(
    workspace: Workspace,
) -> None:
    workspace.index("stock.py", STOCK)
    await workspace.found()
    await workspace.engine.aclose()
    assert await workspace.ask() is None
    await workspace.engine.aclose()


async def test_a_request_that_is_under_way_when_the_engine_ends_begins_no_index(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(path: str) -> str:
        loop.call_soon_threadsafe(begun.set)
        go.wait()
        return path

    monkeypatch.setattr("aicopilot_lsp.context.engine.os.path.realpath", slow)
    asking = asyncio.create_task(workspace.ask())
    await begun.wait()
    await workspace.engine.aclose()
    go.set()
    assert await asking is None
    assert workspace.jobs == []


async def test_a_place_that_was_looked_at_in_a_file_that_is_gone_finds_nothing(
    workspace: Workspace,
) -> None:
    from aicopilot_lsp.context.sources import views

    workspace.sources = lambda _: [views.create()]
    asked = at_cursor("x‸\n", path="app.py")
    around = Around(
        root=str(workspace.folder), views=(View(path="gone.py", first=0, last=9, at_s=0.0),)
    )
    gathered = await workspace.engine.gather(asked.document, asked.cursor, "app.py", around)
    assert gathered is not None
    assert gathered.snippets == ()
