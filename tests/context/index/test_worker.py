"""The worker as a process: it heals from everything that ends it, and leaves the root alone."""

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from aicopilot_lsp.context.index.making import MANY_FILES
from aicopilot_lsp.context.index.parse_pool import processes
from aicopilot_lsp.context.index.refusal import Refusal
from aicopilot_lsp.context.index.wire import EXIT_UNUSABLE, Command, Do, Event, Job, Say
from aicopilot_lsp.store.index.reader import IndexReader
from tests.support.index_worker import IndexWorker

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills and pipes of POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def job(tmp_path: Path, folder: Path) -> Callable[..., Job]:
    def make(*, watch: bool = False, max_index_bytes: int = 100_000_000) -> Job:
        database = tmp_path / "state" / "index.sqlite3"
        return Job(
            root=str(folder), database=str(database), watch=watch, max_index_bytes=max_index_bytes
        )

    return make


def write(folder: Path, count: int, functions: int = 3) -> None:
    for n in range(count):
        text = "".join(f"def f{n}_{k}(x):\n    return x + {k}\n\n\n" for k in range(functions))
        path = folder / f"d{n % 7}" / f"m{n}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def held(job: Job) -> dict[str, tuple[str, int]]:
    """Each file's note, and how many symbols it has."""
    with sqlite3.connect(job.database) as asked:
        assert asked.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = asked.execute("SELECT path, note FROM files").fetchall()
    asked.close()
    reader = IndexReader(Path(job.database))
    try:
        return {path: (note, len(reader.symbols_in(path))) for path, note in rows}
    finally:
        reader.close()


def run(job: Job, module: str | None = None) -> int:
    with IndexWorker(job, module) as worker:
        for _ in worker.events():
            pass
        return worker.process.wait()


def test_a_workspace_is_indexed_and_the_worker_ends(job: Callable[..., Job], folder: Path) -> None:
    write(folder, 20)
    (folder / ".env").write_text("KEY=1\n")
    with IndexWorker(job()) as worker:
        events = list(worker.events())
        assert worker.process.wait() == 0
    assert [event.say for event in events if event.say is not Say.PROGRESS] == [
        Say.STARTED,
        Say.FINISHED,
    ]
    finished = events[-1]
    assert (finished.files, finished.changed) == (20, 20)
    assert finished.left_out == {"secret-name": 1}
    assert held(job()) == {f"d{n % 7}/m{n}.py": ("", 3) for n in range(20)}


def test_killed_again_and_again_the_index_is_whole_in_the_end(
    job: Callable[..., Job], folder: Path
) -> None:
    count = MANY_FILES + 50  # so that other processes parse for it
    write(folder, count, functions=1)
    moments = random.Random(7)
    for _ in range(4):
        with IndexWorker(job()) as worker:
            worker.until(Say.STARTED)
            at = moments.randrange(count)
            for event in worker.events():
                if event.say is Say.FINISHED or event.done >= at:
                    break
            worker.process.kill()
    assert run(job()) == 0
    assert held(job()) == {f"d{n % 7}/m{n}.py": ("", 1) for n in range(count)}


def test_processes_that_parse_for_a_worker_end_with_it(
    job: Callable[..., Job], folder: Path
) -> None:
    write(folder, MANY_FILES + 50)
    with IndexWorker(job()) as worker:
        # More than wait for a process at a time: some have been parsed.
        next(event for event in worker.events() if event.done > 100)
        parsing = psutil.Process(worker.process.pid).children()
        worker.process.kill()
        _, alive = psutil.wait_procs(parsing, timeout=60)
    assert len(parsing) == processes()
    assert not alive


@pytest.mark.parametrize("name", ["crash.py", "hang.py"])
def test_a_file_that_ends_the_parser_natively_is_found_out(
    job: Callable[..., Job], folder: Path, name: str
) -> None:
    write(folder, 5)
    (folder / name).write_text("x = 1\n")
    codes = [run(job(), "tests.support.dying_worker") for _ in range(3)]
    assert [code < 0 for code in codes] == [True, True, False]
    expected = {f"d{n % 7}/m{n}.py": ("", 3) for n in range(5)}
    assert held(job()) == expected | {name: (Refusal.CRASHES.value, 0)}


def test_the_worker_ends_with_its_parent(job: Callable[..., Job], folder: Path) -> None:
    write(folder, 3)
    with IndexWorker(job(watch=True)) as worker:
        worker.until(Say.FINISHED)
        assert worker.end() == 0
    with IndexWorker(job(watch=True)) as worker:
        worker.until(Say.FINISHED)
        worker.tell(Command(do=Do.STOP))
        assert worker.process.wait() == 0


def test_a_second_worker_waits_and_takes_over_when_the_first_is_killed(
    job: Callable[..., Job], folder: Path
) -> None:
    write(folder, 3)
    with IndexWorker(job(watch=True)) as first, IndexWorker(job(watch=True)) as second:
        both = [first, second]
        begun = [next(worker.events()).say for worker in both]
        assert sorted(begun) == [Say.STARTED, Say.WAITING]
        both[begun.index(Say.STARTED)].process.kill()
        waiting = both[begun.index(Say.WAITING)]
        assert waiting.until(Say.FINISHED).files == 3


def test_changes_are_indexed_that_are_told_and_that_are_heard(
    job: Callable[..., Job], folder: Path
) -> None:
    write(folder, 3)
    with IndexWorker(job(watch=True)) as worker:
        worker.until(Say.FINISHED)
        (folder / "told.py").write_text("def told(): pass\n")
        worker.tell(Command(do=Do.CHANGED, paths=("told.py",)))
        assert worker.until(Say.UPDATED) == Event(say=Say.UPDATED, changed=1)
        (folder / "d0" / "heard.py").write_text("def heard(): pass\n")
        worker.until(Say.UPDATED)
        (folder / "new").mkdir()
        (folder / "new" / "inner.py").write_text("def inner(): pass\n")
        while "new/inner.py" not in held(job()):
            next(worker.events())
        (folder / ".gitignore").write_text("d0/\n")
        while worker.until(Say.FINISHED).left_out != {"gitignore": 1}:
            pass
        (folder / "d1").rename(folder / "moved")
        while "moved/m1.py" not in held(job()):
            worker.until(Say.UPDATED)
        worker.end()
    assert set(held(job())) == {"told.py", "new/inner.py", ".gitignore", "moved/m1.py", "d2/m2.py"}


def test_an_index_is_begun_anew_when_that_is_asked_and_when_it_is_damaged(
    job: Callable[..., Job], folder: Path
) -> None:
    write(folder, 3)
    with IndexWorker(job(watch=True)) as worker:
        worker.until(Say.FINISHED)
        worker.tell(Command(do=Do.REBUILD))
        assert worker.until(Say.FINISHED).changed == 3
        worker.end()
    damaged = Path(job().database)
    damaged.write_bytes(b"not a database at all" * 500)
    assert run(job()) == 0
    assert len(held(job())) == 3


def test_a_root_that_is_no_folder_is_said_once_and_ends_a_worker_that_does_not_watch(
    job: Callable[..., Job], folder: Path
) -> None:
    folder.rmdir()
    with IndexWorker(job()) as worker:
        events = list(worker.events())
        assert worker.process.wait() == EXIT_UNUSABLE
    (trouble,) = [event for event in events if event.say is Say.TROUBLE]
    assert str(folder) in trouble.message
    assert "go on" in trouble.message


def test_what_it_is_told_in_words_it_does_not_know_is_passed_over(
    job: Callable[..., Job], folder: Path
) -> None:
    write(folder, 1)
    with IndexWorker(job(watch=True)) as worker:
        worker.until(Say.FINISHED)
        assert worker.process.stdin
        worker.process.stdin.write(b'nonsense\n{"do":"dance"}\n[]\n{"do":"scan"}\n')
        worker.process.stdin.flush()
        assert worker.until(Say.FINISHED).changed == 0


def test_nothing_outside_of_the_root_is_opened_and_nothing_is_run(
    job: Callable[..., Job], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, 3)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("KEY = 1\n")
    (outside / ".gitignore").write_text("*\n")
    (tmp_path / ".gitignore").write_text("*\n")
    (folder / "link").symlink_to(outside)
    (folder / "file.py").symlink_to(outside / "secret.py")
    (folder / ".gitignore").symlink_to(outside / ".gitignore")
    (folder / "apart").mkdir()
    (folder / "apart" / ".aicopilotignore").symlink_to(outside / ".gitignore")
    (folder / "up").symlink_to("..")
    os.mkfifo(folder / "pipe.py")
    (folder / "tsconfig.json").write_text('{"extends": "../outside/tsconfig.json"}')
    (folder / "package.json").write_text('{"name": "x", "main": "../outside/secret.py"}')
    (folder / "sitecustomize.py").write_text("raise SystemExit(3)\n")
    audit = tmp_path / "audit"
    monkeypatch.setenv("AUDIT_LIST", str(audit))
    with IndexWorker(job(watch=True), "tests.support.audited_worker") as worker:
        worker.until(Say.FINISHED)
        paths = ("file.py", "link/secret.py", "../outside/secret.py", "up/outside/secret.py")
        (folder / "d0" / "m0.py").write_text("x = 1\n")
        worker.tell(Command(do=Do.CHANGED, paths=(*paths, str(outside / "secret.py"), "d0/m0.py")))
        worker.until(Say.UPDATED)
        worker.end()
    opened = set(audit.read_text().splitlines())
    assert str(folder / "d0" / "m0.py") in opened
    state = Path(job().database).parent
    ours = (folder, state, Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[3])
    strange = {one for one in opened if not any(Path(one).is_relative_to(own) for own in ours)}
    assert {one for one in strange if not one.startswith(("/proc/", "/dev/"))} == set()
    assert not any(path.startswith(("file", "link", "up")) for path in held(job()))


def test_modules_that_lie_in_the_workspace_are_not_imported(
    job: Callable[..., Job], folder: Path, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    for name in ("sqlite3", "json", "tree_sitter", "sitecustomize", "aicopilot_lsp"):
        (folder / f"{name}.py").write_text(f"open({str(canary)!r}, 'w')\n")
    assert run(job()) == 0
    assert len(held(job())) == 5
    assert not canary.exists()


def test_the_worker_is_last_in_line_for_the_processor(
    job: Callable[..., Job], folder: Path
) -> None:
    write(folder, 1)
    with IndexWorker(job(watch=True)) as worker:
        worker.until(Say.STARTED)
        assert os.getpriority(os.PRIO_PROCESS, worker.process.pid) >= 15
        # The threads of numpy would each be one more that is in the way.
        said = subprocess.run(
            ["ps", "-o", "nlwp=", "-p", str(worker.process.pid)], capture_output=True, check=True
        )
        assert int(said.stdout) <= 4
