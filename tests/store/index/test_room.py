"""At the limit of its size an index loses what can be spared, and nothing else."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from aicopilot_lsp.errors import StoreError, StoreErrorKind
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.tables import NAMES_ONLY
from aicopilot_lsp.store.index.types import FileRow
from aicopilot_lsp.store.index.writer import IndexWriter
from tests.store.index.samples import ROOM, expected, sample, tables

LIMIT = 1 << 20


def files(count: int, lines: int, *, prefix: str = "") -> list[FileRow]:
    """Files that hardly shrink when they are packed."""
    chance = random.Random(count * lines)
    return [
        sample(
            f"{prefix}{n}.py",
            f"def f{prefix}{n}\n"
            + "\n".join(
                f"{chance.getrandbits(200):x} {chance.getrandbits(99):x}" for _ in range(lines)
            ),
        )
        for n in range(count)
    ]


def put_all(writer: IndexWriter, rows: Sequence[FileRow]) -> None:
    for start in range(0, len(rows), 20):
        writer.put(rows[start : start + 20])


def test_large_files_lose_their_text_first_and_keep_their_symbols(tmp_path: Path) -> None:
    path = tmp_path / "i"
    small, large = files(100, 5), files(60, 200, prefix="large")
    with IndexWriter.open(path, max_bytes=LIMIT) as writer:
        put_all(writer, small)
        put_all(writer, large)
        writer.tidy()
        assert len(writer.known()) == 160
    assert path.stat().st_size <= LIMIT
    reader = IndexReader(path)
    assert reader.status().notes[NAMES_ONLY] > 10
    assert all(reader.lines(row.path, 0, 9) for row in small)
    assert all(reader.symbols_in(row.path) for row in large)
    spared = [row for row in large if not reader.lines(row.path, 0, 9)]
    kept = {row.path: row for row in (*small, *large) if row not in spared}
    found = tables(path)
    for name in ("chunks", "postings", "terms", "texts"):
        assert found[name] == expected(kept)[name]


def test_files_that_are_as_large_are_put_without_text_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "i"
    with IndexWriter.open(path, max_bytes=LIMIT) as writer:
        put_all(writer, files(60, 200, prefix="large"))
        late_small, late_large = files(1, 5, prefix="late"), files(1, 400, prefix="later")
        writer.put([*late_small, *late_large])
    reader = IndexReader(path)
    assert reader.lines("late0.py", 0, 1)
    assert not reader.lines("later0.py", 0, 1)
    facts = reader.explain("later0.py")
    assert facts is not None
    assert facts.note == NAMES_ONLY
    assert facts.symbols


def test_one_batch_that_is_larger_than_the_limit_is_put_as_far_as_it_fits(tmp_path: Path) -> None:
    path = tmp_path / "i"
    rows = files(100, 200)
    with IndexWriter.open(path, max_bytes=LIMIT) as writer:
        writer.put(rows)
        assert set(writer.known()) == {row.path for row in rows}
    assert path.stat().st_size <= LIMIT
    reader = IndexReader(path)
    assert [one.path for one in reader.defining(["f7"])] == ["7.py"]
    assert 0 < reader.status().notes[NAMES_ONLY] < 100


def test_a_limit_that_is_too_small_for_anything_is_survived(tmp_path: Path) -> None:
    rows = [
        sample(f"{n}", "\n".join(f"def function_{n}_{k} {'x' * 50}" for k in range(300)))
        for n in range(40)
    ]
    with IndexWriter.open(tmp_path / "i", max_bytes=1) as writer:
        for row in rows:
            writer.put([row])
        assert set(writer.known()) == {row.path for row in rows}
    assert IndexReader(tmp_path / "i").status().files == 40


def test_with_more_room_the_files_without_text_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "i"
    rows = files(60, 200)
    with IndexWriter.open(path, max_bytes=LIMIT) as writer:
        put_all(writer, rows)
        digests = {row.path: row.digest for row in rows}
        assert {name: one.digest for name, one in writer.known().items()} == digests
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        stale = {name for name, one in writer.known().items() if one.digest != digests[name]}
        assert stale
        writer.put([row for row in rows if row.path in stale])
    assert tables(path) == expected({row.path: row for row in rows})


def test_a_full_disk_is_told_and_what_was_indexed_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "i"
    before = files(10, 5)
    with IndexWriter.open(path, max_bytes=LIMIT) as writer:
        writer.put(before)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
        with pytest.raises(StoreError, match="disk is full") as caught:
            writer.put(files(100, 200, prefix="new"))
        assert caught.value.kind is StoreErrorKind.FULL
        assert tables(path) == expected({row.path: row for row in before})
        monkeypatch.undo()
        writer.put(files(2, 5, prefix="new"))
        assert len(writer.known()) == 12


def test_room_that_is_free_again_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "i"
    rows = files(60, 200)
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        put_all(writer, rows)
        writer.tidy()
        full = path.stat().st_size
        writer.remove([row.path for row in rows[5:]])
        writer.tidy()
        assert path.stat().st_size < full / 3
    assert tables(path) == expected({row.path: row for row in rows[:5]})
