"""Files parsed by other processes: the rows are the same, and a crash costs its own file."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aicopilot_lsp.context.index import making
from aicopilot_lsp.context.index.build import Builder
from aicopilot_lsp.context.index.journal import Journal
from aicopilot_lsp.context.index.opening import Root, Stamp
from aicopilot_lsp.context.index.parse_pool import ParsePool
from aicopilot_lsp.context.index.parsing import SourceText, make_row
from aicopilot_lsp.context.index.refusal import Refusal
from aicopilot_lsp.context.index.types import Limits
from aicopilot_lsp.store.index.types import FileRow
from aicopilot_lsp.store.index.writer import IndexWriter
from tests.support import dying_parser

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

DYING = [sys.executable, dying_parser.__file__]


@pytest.fixture
def begin() -> Iterator[Callable[..., ParsePool]]:
    pools = []

    def make(count: int = 1, *arguments: str) -> ParsePool:
        pools.append(ParsePool(count, arguments))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def source(path: str, text: str = "def f(x):\n    return x\n") -> SourceText:
    return SourceText(path=path, text=text, digest=path.encode(), stamp=Stamp(len(text), 7))


def taken(pool: ParsePool) -> dict[str, FileRow | Refusal]:
    found = {}
    while pool.pending:
        asked, row = pool.take()
        found[asked.path] = row
    return found


def test_rows_are_those_that_the_worker_itself_would_make(
    begin: Callable[..., ParsePool],
) -> None:
    pool = begin(2)
    sources = [
        source("a.py", '"""Doc."""\nimport os\n\n\nclass A:\n    """An A."""\n\n    x: int = 1\n'),
        source("b.ts", "export function b(x: string): number { return 1; }\n"),
        source("ü.md", "# Größe \ud800\n\ntext\n"),
        source("empty.py", ""),
        source("unknown.xyz", "def what\n"),
    ]
    for one in sources:
        pool.submit(one)
    assert taken(pool) == {one.path: make_row(one) for one in sources}


def test_a_process_that_dies_of_a_file_is_started_anew_for_the_others(
    begin: Callable[..., ParsePool],
) -> None:
    pool = begin(1, *DYING)
    for name in ("a.py", "crash.py", "b.py", "hang.py", "raise.py", "c.py"):
        pool.submit(source(name))
    found = taken(pool)
    assert {name for name, row in found.items() if isinstance(row, FileRow)} == {
        "a.py",
        "b.py",
        "c.py",
    }
    assert found["crash.py"] is found["hang.py"] is Refusal.CRASHES
    assert found["raise.py"] is Refusal.FAILED


def test_a_process_that_does_not_start_is_no_files_fault(begin: Callable[..., ParsePool]) -> None:
    pool = begin(1, *DYING, "never")
    pool.submit(source("a.py"))
    with pytest.raises(OSError, match="do not start"):
        pool.take()


def test_a_pool_that_is_given_up_waits_for_nothing(begin: Callable[..., ParsePool]) -> None:
    pool = begin(2, *DYING)
    for number in range(40):
        pool.submit(source(f"{number}/hang.py"))
    pool.close()
    assert pool.pending == 40


def test_it_is_full_before_large_files_fill_the_memory(begin: Callable[..., ParsePool]) -> None:
    pool = begin(1)
    for number in range(5):
        assert not pool.is_full
        pool.submit(source(f"{number}.txt", "x" * 999 + "\n" * 1_000_000))
    assert pool.is_full


def test_a_large_scan_leaves_out_what_crashes_twice_and_nothing_else(
    tmp_path: Path, begin: Callable[..., ParsePool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MANY_FILES", 3)
    folder = tmp_path / "root"
    folder.mkdir()
    for name in ("a.py", "b.py", "crash.py", "raise.py"):
        (folder / name).write_text("def f(): pass\n")
    (folder / "once.py").write_text(str(tmp_path / "seen"))
    root = Root(str(folder))
    journal = Journal(tmp_path / "journal")
    with IndexWriter.open(tmp_path / "index", max_bytes=100_000_000) as writer:
        builder = Builder(
            root,
            writer,
            _never,
            journal,
            limits=Limits(),
            begin_pool=lambda: begin(1, *DYING),
        )
        last = list(builder.scan())[-1]
        assert (last.done, last.changed) == (5, 5)
        assert set(writer.known()) == {"a.py", "b.py", "crash.py", "raise.py", "once.py"}
        notes = dict(writer._connection.execute("SELECT path, note FROM files"))
        assert [one.done for one in builder.scan()] == [0]
    assert {path: note for path, note in notes.items() if note} == {
        "crash.py": Refusal.CRASHES,
        "raise.py": Refusal.FAILED,
    }
    journal.close()
    root.close()


def test_a_change_during_a_large_scan_is_put_after_what_the_scan_had_read(
    tmp_path: Path, begin: Callable[..., ParsePool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MANY_FILES", 3)
    folder = tmp_path / "root"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number:02}.py").write_text("def old(): pass\n")
    root = Root(str(folder))
    journal = Journal(tmp_path / "journal")
    with IndexWriter.open(tmp_path / "index", max_bytes=100_000_000) as writer:
        builder = Builder(root, writer, _never, journal, limits=Limits(), begin_pool=begin)
        scan = builder.scan()
        for _ in range(12):
            next(scan)
        (folder / "05.py").write_text("def fresh(): pass\n")
        (folder / "06.py").unlink()
        assert builder.change(["05.py", "06.py"]).changed == 1
        for _ in scan:
            pass
        names = writer._connection.execute(
            "SELECT path, name FROM symbols JOIN files ON files.id = symbols.id >> 20"
        ).fetchall()
    expected = {f"{number:02}.py": "old" for number in range(20)} | {"05.py": "fresh"}
    del expected["06.py"]
    assert dict(names) == expected
    journal.close()
    root.close()


def _never(source: SourceText) -> FileRow:
    raise AssertionError("the worker itself is not to parse")
