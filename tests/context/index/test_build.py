"""Keeping an index true to its files: what is parsed, what is put, what is forgotten."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aicopilot_lsp.context.index.build import BATCH_FILES, SUSPECTS, Builder
from aicopilot_lsp.context.index.journal import Journal
from aicopilot_lsp.context.index.opening import Root
from aicopilot_lsp.context.index.parsing import SourceText
from aicopilot_lsp.context.index.refusal import Refusal
from aicopilot_lsp.context.index.rows import file_row
from aicopilot_lsp.context.index.types import Changes, Limits
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.types import FileFacts, FileRow
from aicopilot_lsp.store.index.writer import IndexWriter
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.syntax.read import outline


class Workbench:
    """A root, an index, and a builder that remembers what it parsed."""

    def __init__(self, directory: Path) -> None:
        self.folder = directory / "root"
        self.folder.mkdir()
        self.root = Root(str(self.folder))
        self.database = directory / "state" / "index.sqlite3"
        self.parsed: list[str] = []
        self.crash_on = ""
        self.open()

    def open(self, *, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self.writer = IndexWriter.open(self.database, max_bytes=100_000_000)
        self.journal = Journal(Path(f"{self.database}.parsing"), self.writer.get_state(SUSPECTS))
        self.writer.set_state(SUSPECTS, self.journal.state)
        self.builder = Builder(
            self.root, self.writer, self.row, self.journal, limits=limits, exclude=(("hidden/",),)
        )

    def end(self, *, killed: bool = False) -> None:
        self.writer.close()
        if not killed:
            self.journal.close()

    def row(self, source: SourceText) -> FileRow:
        self.parsed.append(source.path)
        if source.path == self.crash_on:
            raise Killed
        if "raise" in source.path:
            raise RecursionError
        document = DocumentSnapshot.from_text(source.text, uri=source.path)
        return file_row(
            source.path,
            source.language.name,
            source.text,
            outline(document, source.language),
            digest=source.digest,
            size_bytes=source.stamp.size_bytes,
            modified_ns=source.stamp.modified_ns,
        )

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def scan(self) -> list[str]:
        """What was parsed by it, in order."""
        self.parsed = []
        for _ in self.builder.scan():
            pass
        return self.parsed

    def change(self, *paths: str) -> Changes:
        self.parsed = []
        return self.builder.change(paths)

    def facts(self, path: str) -> FileFacts | None:
        reader = IndexReader(self.database)
        try:
            return reader.explain(path)
        finally:
            reader.close()

    def indexed(self) -> set[str]:
        return set(self.writer.known())


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    bench = Workbench(tmp_path)
    yield bench
    bench.end(killed=True)
    bench.root.close()


def test_a_second_scan_reads_only_what_looks_different_and_parses_only_what_is(
    bench: Workbench,
) -> None:
    for name in ("a.py", "b.py", "c.py"):
        bench.write(name, f"def {name[0]}(): pass\n")
    assert sorted(bench.scan()) == ["a.py", "b.py", "c.py"]
    assert bench.scan() == []
    os.utime(bench.folder / "a.py", (1, 1))
    bench.write("b.py", "def changed(): pass\n")
    (bench.folder / "c.py").unlink()
    assert bench.scan() == ["b.py"]
    assert bench.indexed() == {"a.py", "b.py"}
    facts = bench.facts("b.py")
    assert facts is not None
    assert [one.name for one in facts.symbols] == ["changed"]
    assert bench.scan() == []


def test_a_build_that_is_killed_goes_on_where_it_was(bench: Workbench) -> None:
    count = 2 * BATCH_FILES + 50
    for n in range(count):
        bench.write(f"f{n:03}.py", f"x{n} = {n}\n")
    bench.crash_on = f"f{2 * BATCH_FILES + 10:03}.py"
    with pytest.raises(Killed):
        bench.scan()
    bench.end(killed=True)
    bench.crash_on = ""
    bench.open()
    again = bench.scan()
    assert len(again) == 50
    assert again[-1] == f"f{2 * BATCH_FILES + 10:03}.py"  # the suspect comes last
    assert len(bench.indexed()) == count


def test_a_file_that_ends_the_process_twice_is_left_alone_until_it_changes(
    bench: Workbench,
) -> None:
    for name in ("a.py", "bad.py", "c.py"):
        bench.write(name, "x = 1\n")
    bench.crash_on = "bad.py"
    for _ in range(2):
        with pytest.raises(Killed):
            bench.scan()
        bench.end(killed=True)
        bench.open()
    assert "a.py" in bench.indexed()  # of the second run, before the suspect's turn
    assert "bad.py" not in bench.scan()
    facts = bench.facts("bad.py")
    assert facts is not None
    assert facts.note == Refusal.CRASHES
    assert bench.indexed() == {"a.py", "bad.py", "c.py"}
    bench.end()
    bench.open()
    assert bench.scan() == []
    bench.crash_on = ""
    bench.write("bad.py", "y = 2\n")
    assert bench.scan() == ["bad.py"]
    facts = bench.facts("bad.py")
    assert facts is not None
    assert facts.note == ""


def test_an_error_in_one_file_costs_only_that_file(bench: Workbench) -> None:
    bench.write("a.py", "def a(): pass\n")
    bench.write("raise.py", "def b(): pass\n")
    bench.write("c.bin.py", "\0\0")
    bench.scan()
    notes = {path: facts.note for path in bench.indexed() if (facts := bench.facts(path))}
    assert notes == {"a.py": "", "raise.py": Refusal.FAILED, "c.bin.py": Refusal.BINARY}
    assert bench.scan() == []  # and it is not tried again for nothing


def test_imports_are_resolved_to_paths(bench: Workbench) -> None:
    bench.write("pkg/__init__.py", "")
    bench.write("pkg/util.py", "def helper(): pass\n")
    bench.write("pkg/main.py", "import os\nfrom pkg.util import helper\n")
    bench.scan()
    facts = bench.facts("pkg/main.py")
    assert facts is not None
    assert {(one.module, one.target) for one in facts.imports} == {
        ("os", ""),
        ("pkg.util", "pkg/util.py"),
    }


def test_an_import_is_resolved_again_when_its_file_comes_and_when_it_goes(
    bench: Workbench,
) -> None:
    bench.write("main.py", "import os\nimport fresh_part\nfrom . import later\n")

    def stale() -> bool:
        return bench.builder.has_stale_imports

    def targets() -> dict[str, str]:
        facts = bench.facts("main.py")
        assert facts is not None
        return {one.module + one.name: one.target for one in facts.imports}

    bench.scan()
    assert not stale()
    assert targets() == {"os": "", "fresh_part": "", ".later": ""}
    bench.write("fresh_part.py", "x = 1\n")
    bench.change("fresh_part.py")
    bench.write("later.py", "y = 1\n")
    assert stale()
    assert bench.scan() == ["later.py"]
    assert targets() == {"os": "", "fresh_part": "fresh_part.py", ".later": "later.py"}
    assert not stale()
    (bench.folder / "fresh_part.py").unlink()
    bench.write("fresh_part/__init__.py", "x = 1\n")
    (bench.folder / "later.py").unlink()
    assert bench.scan() == ["fresh_part/__init__.py"]
    assert targets() == {"os": "", "fresh_part": "fresh_part/__init__.py", ".later": ""}


def test_single_changes_are_seen_one_by_one(bench: Workbench) -> None:
    bench.write("a.py", "x = 1\n")
    bench.write("old/b.py", "y = 1\n")
    bench.scan()
    bench.write("a.py", "def new(): pass\n")
    bench.write("c.py", "z = 1\n")
    assert bench.change("a.py", "c.py") == Changes(changed=2)
    assert bench.parsed == ["a.py", "c.py"]
    assert bench.change("a.py") == Changes()
    (bench.folder / "c.py").unlink()
    assert bench.change("c.py", "never.py") == Changes(removed=1)
    assert bench.indexed() == {"a.py", "old/b.py"}


def test_a_folder_that_moved_takes_its_files_along(bench: Workbench) -> None:
    bench.write("old/b.py", "y = 1\n")
    bench.write("old/deep/c.py", "z = 1\n")
    bench.scan()
    (bench.folder / "old").rename(bench.folder / "new")
    changes = bench.change("old", "new")
    assert changes == Changes(changed=2, removed=2, folders=("new", "new/deep"))
    assert bench.indexed() == {"new/b.py", "new/deep/c.py"}


def test_a_file_that_becomes_a_secret_by_its_name_goes(bench: Workbench) -> None:
    bench.write("settings.txt", "KEY=1\n")
    bench.scan()
    (bench.folder / "settings.txt").rename(bench.folder / ".env")
    assert bench.change(".env", "settings.txt") == Changes(removed=1)
    assert bench.indexed() == set()


@pytest.mark.parametrize(
    "path", ["gen/a.py", "hidden/a.py", "node_modules/x/a.py", ".env", "../outside.py", "link.py"]
)
def test_a_change_of_what_is_not_read_changes_nothing(bench: Workbench, path: str) -> None:
    bench.write(".gitignore", "gen\n")
    bench.scan()
    (bench.folder / "link.py").symlink_to("/etc/hostname")
    if path != "link.py":
        bench.write(path, "x = 1\n")
    assert bench.change(path) == Changes()
    assert bench.change(path.partition("/")[0]) == Changes()
    assert bench.parsed == []


def test_a_changed_ignore_file_asks_for_a_scan_which_forgets_what_it_names(
    bench: Workbench,
) -> None:
    bench.write("a.py", "x = 1\n")
    bench.write("gen/b.py", "y = 1\n")
    bench.scan()
    bench.write(".gitignore", "gen/\n")
    assert bench.change(".gitignore").stale
    bench.scan()
    assert bench.indexed() == {"a.py", ".gitignore"}
    bench.write(".aicopilotignore", "!gen/\na.py\n")
    assert bench.change(".aicopilotignore").stale
    assert bench.scan() == [".aicopilotignore", "gen/b.py"]
    assert bench.indexed() == {".gitignore", ".aicopilotignore", "gen/b.py"}


def test_single_files_are_seen_while_a_scan_is_under_way(bench: Workbench) -> None:
    for n in range(5):
        bench.write(f"f{n}.py", f"x = {n}\n")
    scan = bench.builder.scan()
    for _ in range(3):
        next(scan)
    bench.write("f0.py", "def late(): pass\n")
    assert bench.change("f0.py").changed == 1
    for _ in scan:
        pass
    facts = bench.facts("f0.py")
    assert facts is not None
    assert [one.name for one in facts.symbols] == ["late"]
    assert len(bench.indexed()) == 5


def test_a_root_that_is_gone_is_an_error_and_no_empty_workspace(bench: Workbench) -> None:
    bench.write("a.py", "x = 1\n")
    bench.scan()
    shutil.rmtree(bench.folder)
    with pytest.raises(FileNotFoundError):
        bench.scan()
    assert bench.indexed() == {"a.py"}


def test_no_more_files_are_taken_than_the_limit_allows(bench: Workbench) -> None:
    bench.end()
    bench.open(limits=Limits(max_files=3))
    for n in range(6):
        bench.write(f"f{n}.py", f"x = {n}\n")
    bench.scan()
    assert bench.indexed() == {"f0.py", "f1.py", "f2.py"}
    assert bench.builder.left_out == {Refusal.TOO_MANY: 3}
    assert bench.change("f4.py") == Changes()


def test_strikes_are_kept_from_worker_to_worker_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    state = ""
    for n in range(150):
        journal = Journal(path, state)
        journal.begin(f"a-long-path-{'x' * (n % 7)}-{n}.py")
        state = journal.state
    journal = Journal(path, state)
    assert journal.is_suspect("a-long-path-xx-149.py")
    assert not journal.is_suspect("a-long-path--0.py")
    assert not journal.is_guilty("a-long-path-xx-149.py")
    journal.begin("a-long-path-xx-149.py")
    assert Journal(path, journal.state).is_guilty("a-long-path-xx-149.py")
    assert Journal(path, "no json").state == ""
