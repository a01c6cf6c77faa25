"""What is put is there, what is taken back leaves nothing behind."""

import os
import random
import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicopilot_lsp.errors import StoreError, StoreErrorKind
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.types import ChunkRow, FileRow, Known
from aicopilot_lsp.store.index.writer import IndexWriter
from tests.store.index.samples import ROOM, expected, sample, tables

_PATHS = ("a.py", "src/b.py", "src/ü.py", "c")
_WORDS = st.sampled_from(["def", "one", "Two", "größe", "x_y", "\n", "\n def", "3"])
_TEXTS = st.lists(_WORDS, max_size=30).map(" ".join)
_STEPS = st.lists(
    st.one_of(
        st.lists(st.tuples(st.sampled_from(_PATHS), _TEXTS), min_size=1, max_size=4),
        st.sets(st.sampled_from(_PATHS), max_size=3),
    ),
    max_size=12,
)


@settings(max_examples=30)
@given(steps=_STEPS)
def test_after_any_puts_and_removals_the_tables_hold_what_a_fresh_index_would(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[list[tuple[str, str]] | set[str]],
) -> None:
    path = tmp_path_factory.mktemp("index") / "i.sqlite3"
    files: dict[str, FileRow] = {}
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        for step in steps:
            if isinstance(step, set):
                writer.remove(step)
                for gone in step:
                    files.pop(gone, None)
            else:
                rows = [sample(name, text, imports=_PATHS[:2]) for name, text in step]
                writer.put(rows)
                files |= {row.path: row for row in rows}
            assert tables(path) == expected(files)
        writer.tidy()
        assert tables(path) == expected(files)
        assert writer.known() == {
            row.path: Known(
                digest=row.digest, size_bytes=row.size_bytes, modified_ns=row.modified_ns
            )
            for row in files.values()
        }


def test_what_was_put_is_there_when_the_index_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "i.sqlite3"
    rows = [sample(f"{n}.py", f"def f{n}\nbody") for n in range(20)]
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put(rows)
        writer.set_state("root", "/w")
        assert writer.rebuilt == ""
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        assert writer.rebuilt == ""
        assert writer.get_state("root") == "/w"
        assert writer.get_state("nothing") == ""
    assert tables(path) == expected({row.path: row for row in rows})


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_the_owner_can_read_any_file_of_an_index(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    path = folder / "i.sqlite3"
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put([sample("a.py", "def a")])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert {"i.sqlite3", "i.sqlite3-wal"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_of_two_rows_with_one_path_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite3"
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put([sample("a", "def old"), sample("a", "def new")])
        writer.put([])
    assert tables(path) == expected({"a": sample("a", "def new")})


def test_touching_a_file_changes_how_it_looks_from_outside_only(tmp_path: Path) -> None:
    row = sample("a", "def a")
    with IndexWriter.open(tmp_path / "i", max_bytes=ROOM) as writer:
        writer.put([row])
        writer.touch("a", size_bytes=99, modified_ns=100)
        writer.touch("none", size_bytes=1, modified_ns=1)
        assert writer.known() == {"a": Known(digest=row.digest, size_bytes=99, modified_ns=100)}


def test_text_that_is_no_valid_unicode_costs_its_own_words_only(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite3"
    row = sample("a", "def a\udcff\nplain \ud800 \0 words")
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put([sample("bad\udcff", "def lost"), row, sample("b", "def b")])
        writer.remove(["bad\udcff", "none"])
        assert set(writer.known()) == {"a", "b"}
    reader = IndexReader(path)
    assert reader.lines("a", 0, 9) == row.text
    assert reader.search({"plain": 1.0})[0].path == "a"
    assert [one.name for one in reader.symbols_in("a")] == ["a?"]
    assert not reader.lines("bad\udcff", 0, 9)
    assert not reader.fault


def test_a_failing_row_takes_nothing_of_its_transaction_along(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite3"
    good = sample("a", "def a\nshared")
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put([good])
        impossible = FileRow(
            path="b", language="", digest=b"", size_bytes=1 << 80, modified_ns=0, text="def b"
        )
        with pytest.raises(OverflowError):
            writer.put([sample("a", "def other\nshared words"), impossible])
        assert tables(path) == expected({"a": good})
        writer.put([sample("c", "def c\nshared")])
    assert tables(path) == expected({"a": good, "c": sample("c", "def c\nshared")})


def test_a_second_writer_is_told_that_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite3"
    with IndexWriter.open(path, max_bytes=ROOM) as first:
        with pytest.raises(StoreError) as caught:
            IndexWriter.open(path, max_bytes=ROOM)
        assert caught.value.kind is StoreErrorKind.BUSY
        first.put([sample("a", "def a")])
    with IndexWriter.open(path, max_bytes=ROOM) as second:
        assert set(second.known()) == {"a"}


def test_a_damaged_lock_is_a_free_lock(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite3"
    (tmp_path / "i.sqlite3.lock").write_bytes(b"not a database" * 100)
    with IndexWriter.open(path, max_bytes=ROOM) as writer, pytest.raises(StoreError):
        IndexWriter.open(path, max_bytes=ROOM)
    assert writer.rebuilt == ""


def test_one_who_holds_the_database_locked_is_waited_for_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aicopilot_lsp.store.index.opening.BUSY_TIMEOUT_S", 0.01)
    path = tmp_path / "i.sqlite3"
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process") as caught:
            writer.put([sample("a", "def a")])
        assert caught.value.kind is StoreErrorKind.BUSY
        other.execute("ROLLBACK")
        other.close()
        writer.put([sample("a", "def a")])
    assert tables(path) == expected({"a": sample("a", "def a")})


def test_an_index_that_was_deleted_under_its_writer_is_said_to_be_gone(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite3"
    writer = IndexWriter.open(path, max_bytes=ROOM)
    writer.put([sample("a", "def a")])
    path.unlink()
    with pytest.raises(StoreError) as caught:
        writer.put([sample("b", "def b")])
    assert caught.value.kind is StoreErrorKind.DAMAGED
    writer.close()
    with IndexWriter.open(path, max_bytes=ROOM) as again:
        assert not again.known()


_DAMAGE = (
    "UPDATE totals SET n = 'many' WHERE name = 'bound'",
    "UPDATE totals SET n = NULL WHERE name = 'bound'",
    "UPDATE totals SET name = 'lost' WHERE name = 'gone'",
    "UPDATE files SET size_bytes = 'large'",
    "UPDATE files SET digest = 'text'",
    "UPDATE texts SET terms = x'00'",
)


@pytest.mark.parametrize("damage", _DAMAGE)
def test_a_row_that_holds_something_else_is_damage_and_the_file_is_gone(
    tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "i.sqlite3"
    chance = random.Random(7)
    texts = (" ".join(f"w{chance.randrange(10**9)}" for _ in range(4_000)) for _ in range(12))
    rows = [sample(f"p{index}", text) for index, text in enumerate(texts)]
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put(rows)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(damage)
    other.close()
    with (
        pytest.raises(StoreError) as caught,
        IndexWriter.open(path, max_bytes=path.stat().st_size) as writer,
    ):
        writer.known()
        writer.put([sample("new", "def new")])  # there is no room, so texts are given up
        writer.tidy()
        writer.remove(["p0"])
    assert caught.value.kind is StoreErrorKind.DAMAGED
    assert not path.exists()
    with IndexWriter.open(path, max_bytes=ROOM) as again:
        assert not again.known()


def test_an_index_that_was_put_in_the_place_of_another_is_not_deleted_with_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "i.sqlite3"
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        path.rename(tmp_path / "old.sqlite3")
        path.write_bytes(b"another one's")
        with pytest.raises(StoreError):
            writer.tidy()
    assert path.read_bytes() == b"another one's"


def test_a_large_file_has_all_its_chunks(tmp_path: Path) -> None:
    chance = random.Random(5)
    text = "\n".join(f"def f{n} w{chance.randrange(50)}" for n in range(4_000))
    row = sample("big", text)
    with IndexWriter.open(tmp_path / "i", max_bytes=ROOM) as writer:
        writer.put([row])
        writer.put([sample("big", text + "\nmore")])
        writer.put([row])
    assert tables(tmp_path / "i") == expected({"big": row})


def test_a_chunk_without_words_is_a_chunk(tmp_path: Path) -> None:
    row = FileRow(
        path="a",
        language="",
        digest=b"",
        size_bytes=3,
        modified_ns=0,
        text="}\n}",
        chunks=(ChunkRow(first=0, last=1, terms="} ??"), ChunkRow(first=1, last=2)),
    )
    with IndexWriter.open(tmp_path / "i", max_bytes=ROOM) as writer:
        writer.put([row])
        assert IndexReader(tmp_path / "i").status().chunks == 2
        writer.remove(["a"])
    assert tables(tmp_path / "i") == expected({})
