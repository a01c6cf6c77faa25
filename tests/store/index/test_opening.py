"""Whatever lies where an index should be, opening gives a sound one and says what became of it."""

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aicopilot_lsp.errors import StoreError, StoreErrorKind
from aicopilot_lsp.store.index import opening
from aicopilot_lsp.store.index.faults import kind_of
from aicopilot_lsp.store.index.layout import VERSION, index_path
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.writer import IndexWriter
from tests.store.index.samples import ROOM, expected, sample, tables

FLIPS = 200
_FILES = [sample(f"{n}.py", f"def f{n} w{n % 7}\n" * 12, imports=["0.py"]) for n in range(12)]


def build(path: Path) -> bytes:
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put(_FILES)
    return path.read_bytes()


def test_an_index_of_another_version_is_built_anew(tmp_path: Path) -> None:
    path = tmp_path / "i"
    build(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    reader = IndexReader(path)
    assert not reader.defining(["f1"])
    assert reader.is_damaged
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        assert writer.rebuilt == opening.ANOTHER_VERSION
        assert not writer.known()
        writer.put(_FILES)
    assert reader.defining(["f1"])
    assert sorted(file.name for file in tmp_path.iterdir() if "aside" in file.name) == []


def test_a_database_that_was_never_an_index_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "i"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE diary (day TEXT)")
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        assert writer.rebuilt == opening.FOREIGN
        writer.put(_FILES)
    with closing(sqlite3.connect(tmp_path / "i.aside")) as connection:
        assert connection.execute("SELECT count(*) FROM diary").fetchone() == (0,)


@pytest.mark.parametrize("content", [b"A letter.\n" * 500, b"\0" * 10_000], ids=["text", "zeros"])
def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "i"
    path.write_bytes(content)
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        assert writer.rebuilt == opening.FOREIGN
    assert (tmp_path / "i.aside").read_bytes() == content


def test_an_empty_file_is_the_beginning_of_an_index(tmp_path: Path) -> None:
    path = tmp_path / "i"
    path.touch()
    assert IndexReader(path).status().fault
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        assert writer.rebuilt == ""
        writer.put(_FILES)
    assert tables(path) == expected({row.path: row for row in _FILES})


@pytest.mark.skipif(os.name != "posix", reason="links and pipes are POSIX's")
def test_what_is_no_plain_file_is_set_aside_and_never_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep")
    path = tmp_path / "index" / "i"
    path.parent.mkdir()

    def link() -> None:
        path.symlink_to(precious)

    def pipe() -> None:
        os.mkfifo(path)

    for make in (link, pipe, path.mkdir, path.mkdir):
        make()
        with IndexWriter.open(path, max_bytes=ROOM) as writer:
            assert writer.rebuilt == opening.FOREIGN
            writer.put(_FILES[:1])
        path.unlink()
    assert precious.read_text() == "keep"


def test_building_anew_can_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "i"
    with IndexWriter.open(path, max_bytes=ROOM, anew=True) as writer:
        assert writer.rebuilt == ""
    build(path)
    with IndexWriter.open(path, max_bytes=ROOM, anew=True) as writer:
        assert writer.rebuilt == opening.ASKED
        assert not writer.known()


def test_a_truncated_index_is_built_anew(tmp_path: Path) -> None:
    path = tmp_path / "i"
    sound = build(path)
    chance = random.Random(3)
    for _ in range(10):
        path.write_bytes(sound[: chance.randrange(1, len(sound) - 4096)])
        reader = IndexReader(path)
        reader.defining(["f1"])
        reader.search({"w1": 1.0})
        reader.close()
        with IndexWriter.open(path, max_bytes=ROOM) as writer:
            assert writer.rebuilt
            writer.put(_FILES)
        assert tables(path) == expected({row.path: row for row in _FILES})


def test_flipped_bits_are_lived_with_or_healed(tmp_path: Path) -> None:
    sound = build(tmp_path / "sound")
    chance = random.Random(4)
    path = tmp_path / "i"
    given_up = 0
    for _ in range(FLIPS):
        damaged = bytearray(sound)
        for _ in range(chance.choice((1, 1, 40))):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        opening.remove(path)
        path.write_bytes(damaged)
        ask_everything(IndexReader(path))
        given_up += write_until_sound(path)
    assert 0 < given_up < FLIPS


def ask_everything(reader: IndexReader) -> None:
    reader.status()
    reader.defining(["f1", "f2"])
    reader.members(["Holder"])
    reader.importers_of("0.py")
    rarity = reader.frequencies(["w1", "f1"], exclude=["3.py"])
    reader.search(dict.fromkeys(rarity.chunks_of, 1.0))
    for row in _FILES[::5]:
        reader.explain(row.path)
        reader.lines(row.path, 0, 5)
    reader.close()


def write_until_sound(path: Path) -> bool:
    """Put all files, beginning again as often as the writer says. Whether it had to be anew."""
    for attempt in range(3):
        try:
            with IndexWriter.open(path, max_bytes=ROOM, anew=attempt == 2) as writer:
                writer.known()
                writer.remove([row.path for row in _FILES[:6]])
                writer.put(_FILES)
                return bool(writer.rebuilt)
        except StoreError as error:
            assert error.kind is StoreErrorKind.DAMAGED
            assert not path.exists()
    raise AssertionError("it does not heal")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "i"
    with pytest.raises(StoreError, match="can't be written") as caught:
        IndexWriter.open(path, max_bytes=ROOM)
    assert caught.value.kind is StoreErrorKind.DENIED
    assert str(path) in str(caught.value)
    assert IndexReader(path).status().fault


@pytest.mark.parametrize("version", [(3, 23, 1)])
def test_too_old_a_sqlite_is_told_before_anything_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    with pytest.raises(StoreError, match="newer Python") as caught:
        IndexWriter.open(tmp_path / "i", max_bytes=ROOM)
    assert caught.value.kind is StoreErrorKind.UNSUITABLE
    assert not (tmp_path / "i").exists()
    monkeypatch.undo()
    with IndexWriter.open(tmp_path / "i", max_bytes=ROOM):
        pass


def test_what_sqlite_says_is_understood(tmp_path: Path) -> None:
    build(tmp_path / "i")
    connection = sqlite3.connect(f"file:{tmp_path / 'i'}?mode=ro", uri=True)
    with closing(connection), pytest.raises(sqlite3.Error) as read_only:
        connection.execute("DELETE FROM files")
    with pytest.raises(sqlite3.Error) as no_folder:
        sqlite3.connect(tmp_path / "none" / "i")
    (tmp_path / "text").write_text("no database " * 100)
    connection = sqlite3.connect(tmp_path / "text")
    with closing(connection), pytest.raises(sqlite3.Error) as no_database:
        connection.execute("SELECT 1 FROM files")
    assert kind_of(read_only.value) is StoreErrorKind.DENIED
    assert kind_of(no_folder.value) is StoreErrorKind.DENIED
    assert kind_of(no_database.value) is StoreErrorKind.DAMAGED
    assert kind_of(OSError(28, "")) is StoreErrorKind.FULL
    assert kind_of(sqlite3.ProgrammingError()) is StoreErrorKind.FAILED
    assert kind_of(ValueError()) is StoreErrorKind.FAILED


def test_each_workspace_has_an_index_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AICOPILOT_STATE_DIR", "/state")
    first, second = index_path("/home/a/Ünder way"), index_path("/home/b/Ünder way")
    assert first != second
    assert first.parent == second.parent == Path("/state/index")
    assert first.name.startswith("-nder-way-")
    assert index_path("/").name.endswith(".sqlite3")
    assert index_path("/w/\udcff", Path("/elsewhere")).parent == Path("/elsewhere")
