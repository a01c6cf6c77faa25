"""Several folders: one first scan at a time, only so many, and none that is unwanted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import CompletionSettings, ContextSettings, Settings
from aicopilot_lsp.context.index.service import IndexService, State, Status
from aicopilot_lsp.context.index.services import MAX_FOLDERS, IndexServices
from aicopilot_lsp.context.index.wire import Job


class FakeService(IndexService):
    """Scans until the test says that it is through."""

    def __init__(self, job: Job, on_change: Callable[[Status], None]) -> None:
        super().__init__(job, on_change)
        self.begun = asyncio.Event()
        self.closed = False
        self.told: list[str] = []

    def begin(self) -> None:
        self._put(state=State.SCANNING)
        self.begun.set()

    def finish(self) -> None:
        self._put(state=State.READY)
        self._settled.set()

    def changed(self, paths: object) -> None:
        assert isinstance(paths, list)
        self.told += paths

    async def aclose(self) -> None:
        self.closed = True
        self._settled.set()


class Bench:
    def __init__(self, tmp_path: Path) -> None:
        self.tmp_path = tmp_path
        self.made: list[FakeService] = []
        self.services = IndexServices(tmp_path / "index", lambda _: None, make=self._make)

    def project(self, name: str, *, marked: bool = True) -> Path:
        folder = self.tmp_path / name
        folder.mkdir()
        if marked:
            (folder / ".git").mkdir()
        return folder

    def _make(self, job: Job, on_change: Callable[[Status], None]) -> FakeService:
        self.made.append(FakeService(job, on_change))
        return self.made[-1]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    await bench.services.aclose()


async def test_one_folder_is_scanned_after_the_other(bench: Bench) -> None:
    for name in ("a", "b"):
        bench.services.want(bench.project(name))
    first, second = bench.made
    await first.begun.wait()
    assert not second.begun.is_set()
    assert [one.state for one in bench.services.statuses()] == [State.SCANNING, State.IDLE]
    first.finish()
    await second.begun.wait()


async def test_a_folder_that_is_no_project_is_off_and_says_why(bench: Bench) -> None:
    bench.services.want(bench.project("heap", marked=False))
    project = bench.project("a")
    bench.services.want(project)
    await bench.made[1].begun.wait()
    off = bench.services.statuses()[-1]
    assert (off.root.name, off.state) == ("heap", State.OFF)
    assert "marks a project" in off.reason
    assert not bench.made[0].begun.is_set()


async def test_there_is_an_end_to_how_many_are_kept(bench: Bench) -> None:
    for number in range(MAX_FOLDERS + 1):
        bench.services.want(bench.project(str(number)))
    assert len(bench.made) == MAX_FOLDERS
    last = bench.services.statuses()[-1]
    assert last.state is State.OFF
    assert "no more than that" in last.reason


async def test_a_folder_too_many_has_its_turn_when_another_one_leaves(bench: Bench) -> None:
    folders = [bench.project(str(number)) for number in range(MAX_FOLDERS + 1)]
    for folder in folders:
        bench.services.want(folder)
    assert bench.services.is_off(folders[-1])
    bench.services.drop(folders[0])
    bench.services.want(folders[-1])
    assert not bench.services.is_off(folders[-1])
    assert [status.root for status in bench.services.statuses()] == folders[1:]


async def test_a_folder_that_leaves_the_workspace_has_no_worker(bench: Bench) -> None:
    folder = bench.project("a")
    bench.services.want(folder)
    bench.services.want(folder)
    (only,) = bench.made
    await only.begun.wait()
    bench.services.drop(folder)
    await bench.services.aclose()
    assert only.closed
    assert bench.services.statuses() == ()


async def test_what_is_excluded_is_told_and_new_settings_begin_anew(bench: Bench) -> None:
    folder = bench.project("a")
    bench.services.want(folder)
    await bench.made[0].begun.wait()
    settings = Settings(
        completion=CompletionSettings(exclude=("x/",)),
        context=ContextSettings(exclude=("y/",), max_file_kb=2, max_index_mb=3),
    )
    bench.services.reconfigure(settings)
    bench.services.reconfigure(settings)
    await bench.made[1].begun.wait()
    job = bench.made[1].job
    assert (job.exclude, job.max_file_bytes, job.max_index_bytes) == (
        (("x/",), ("y/",)),
        2048,
        3_000_000,
    )
    assert len(bench.made) == 2
    assert Path(job.database).parent == bench.tmp_path / "index"


@pytest.mark.parametrize("off", [ContextSettings(enabled=False), ContextSettings(index=False)])
async def test_switched_off_there_is_no_worker(bench: Bench, off: ContextSettings) -> None:
    bench.services.reconfigure(Settings(context=off))
    bench.services.want(bench.project("a"))
    (status,) = bench.services.statuses()
    assert status.state is State.OFF
    assert "`context.index`" in status.reason
    assert bench.made == []


async def test_changed_files_are_told_to_the_folders_that_hold_them(bench: Bench) -> None:
    outer, other = bench.project("outer"), bench.project("other")
    inner = outer / "inner"
    inner.mkdir()
    for folder in (outer, other, inner):
        bench.services.want(folder)
    bench.services.changed(inner / "a.py")
    assert [one.told for one in bench.made] == [["inner/a.py"], [], ["a.py"]]


async def test_who_waits_for_an_index_hears_when_it_is_up_to_date(bench: Bench) -> None:
    folder = bench.project("a")
    waiting = [asyncio.create_task(bench.services.ready(folder)) for _ in range(2)]
    await asyncio.sleep(0)
    (service,) = bench.made
    await service.begun.wait()
    assert not any(task.done() for task in waiting)
    service.finish()
    assert [one and one.state for one in await asyncio.gather(*waiting)] == [State.READY] * 2


async def test_who_waits_for_an_index_that_there_will_not_be_hears_that(bench: Bench) -> None:
    status = await bench.services.ready(bench.project("heap", marked=False))
    assert status is not None and status.state is State.OFF
    folder = bench.project("a")
    waiting = asyncio.create_task(bench.services.ready(folder))
    await asyncio.sleep(0)
    await bench.made[-1].begun.wait()
    bench.services.drop(folder)
    assert await waiting is None
