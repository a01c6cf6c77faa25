"""What is asked of an index is answered from one state of it, or not at all."""

import sqlite3
import threading
from pathlib import Path

from aicopilot_lsp.store.index.rarity import rare_terms, score_factors
from aicopilot_lsp.store.index.reader import DAMAGED, NO_INDEX, IndexReader
from aicopilot_lsp.store.index.types import ChunkRow, FileRow, Symbol
from aicopilot_lsp.store.index.writer import IndexWriter
from tests.store.index.samples import ROOM, sample


def with_symbols(path: str, *symbols: Symbol) -> FileRow:
    return FileRow(
        path=path, language="", digest=b"", size_bytes=1, modified_ns=1, text="x", symbols=symbols
    )


def symbol(name: str, kind: str, parent: str = "", first: int = 0) -> Symbol:
    return Symbol(name=name, kind=kind, parent=parent, first=first, last=first + 1)


def test_top_level_comes_before_members_and_what_is_defined_once_before_what_is_often(
    tmp_path: Path,
) -> None:
    with IndexWriter.open(tmp_path / "i", max_bytes=ROOM) as writer:
        writer.put(
            [
                with_symbols(
                    "a",
                    symbol("run", "method", "A"),
                    symbol("often", "function"),
                    symbol("LIMIT", "variable"),
                ),
                with_symbols("b", symbol("often", "function"), symbol("once", "function")),
                with_symbols("c", symbol("run", "class"), symbol("size", "field", "A.B")),
            ]
        )
    found = IndexReader(tmp_path / "i").defining(["run", "often", "once", "LIMIT", "size", "none"])
    assert [(one.name, one.path) for one in found] == [
        ("run", "c"),
        ("once", "b"),
        ("often", "a"),
        ("often", "b"),
        ("LIMIT", "a"),
        ("run", "a"),
        ("size", "c"),
    ]
    best = IndexReader(tmp_path / "i").defining(["run", "often"], limit=2)
    assert [one.path for one in best] == ["c", "a"]


def test_members_are_found_by_the_last_part_of_their_parent_in_file_order(tmp_path: Path) -> None:
    with IndexWriter.open(tmp_path / "i", max_bytes=ROOM) as writer:
        many = [symbol(f"m{n}", "method", "Large", n) for n in range(50)]
        writer.put(
            [
                with_symbols("b", *many),
                with_symbols("a", symbol("x", "field", "Out.In", 3), symbol("y", "field", "In", 4)),
            ]
        )
    reader = IndexReader(tmp_path / "i")
    assert [one.name for one in reader.members(["In"])] == ["x", "y"]
    shared = reader.members(["In", "Large", "", "None"], limit=10)
    assert [one.name for one in shared] == ["x", "y", *(f"m{n}" for n in range(8))]


def test_a_search_finds_what_shares_rare_terms_best_first(tmp_path: Path) -> None:
    with IndexWriter.open(tmp_path / "i", max_bytes=ROOM) as writer:
        writer.put([sample(f"{n}.py", f"common words here {n}") for n in range(100)])
        writer.put(
            [
                sample("both.py", "common zebra giraffe"),
                sample("src/one.py", "common zebra and a lot of other words in one chunk"),
            ]
        )
    reader = IndexReader(tmp_path / "i")
    counted = reader.frequencies(["zebra", "giraffe", "common", "unheard"])
    assert counted.chunks == 102
    assert dict(counted.chunks_of) == {"zebra": 2, "giraffe": 1, "common": 102}
    weights = rare_terms(counted.chunks_of, counted.chunks)
    assert list(weights) == ["giraffe", "zebra"]
    assert [hit.path for hit in reader.search(weights)] == ["both.py", "src/one.py"]
    assert [hit.path for hit in reader.search(weights, limit=1)] == ["both.py"]
    assert [hit.path for hit in reader.search(weights, exclude=["both.py"])] == ["src/one.py"]
    assert [hit.path for hit in reader.search(weights, under="src/")] == ["src/one.py"]
    assert reader.search(weights, exclude=["both.py"])[0].text.startswith("common zebra and")
    top, base, per_term = score_factors(counted.mean_terms)
    expected = sum(weights.values()) * top / (base + per_term * 3)
    assert abs(reader.search(weights)[0].score - expected) < 1e-9


def test_terms_of_files_that_are_passed_over_do_not_count(tmp_path: Path) -> None:
    with IndexWriter.open(tmp_path / "i", max_bytes=ROOM) as writer:
        writer.put([sample("mine", "private shared"), sample("other", "shared")])
    counted = IndexReader(tmp_path / "i").frequencies(["private", "shared"], exclude=["mine"])
    assert +counted.chunks_of == {"shared": 1}  # type: ignore[operator]
    assert (counted.chunks, counted.postings) == (1, 1)


def test_what_is_no_term_finds_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    with IndexWriter.open(tmp_path / "i", max_bytes=ROOM) as writer:
        writer.put([sample("a", 'two words "quoted"')])
    reader = IndexReader(tmp_path / "i")
    for odd in (
        '"',
        "two words",
        "",
        "Two",
        "t*",
        "NOT",
        "\0",
        "\udcff",
        "words OR two",
        "x" * 9999,
    ):
        assert not reader.search({odd: 1.0})
        reader.frequencies([odd])
        assert not reader.paths(odd)
        assert not reader.fault, odd
    assert reader.search({f"t{n}": 1.0 for n in range(2_000)} | {"two": 9.0})


def test_a_term_in_many_chunks_of_a_small_index_is_common_and_in_one_is_not() -> None:
    assert list(rare_terms({"one": 1, "half": 25, "few": 10}, 50)) == ["one", "few"]
    assert list(rare_terms({"only": 1}, 1)) == ["only"]
    assert list(rare_terms({"common": 2_001, "rare": 2_000}, 100_000)) == ["rare"]
    assert len(rare_terms({f"t{n:02}": 1 + n for n in range(40)}, 10_000)) == 12
    assert len(rare_terms({f"t{n}": 19_000 for n in range(12)}, 1_000_000)) == 1


def test_lines_end_where_the_protocol_says_they_do(tmp_path: Path) -> None:
    with IndexWriter.open(tmp_path / "i", max_bytes=ROOM) as writer:
        writer.put([sample("a", "one\r\ntwo\rthree\ffour\u2028five\nsix")])
    reader = IndexReader(tmp_path / "i")
    assert reader.lines("a", 1, 3) == "two\nthree\ffour\u2028five"
    assert reader.lines("a", -5, 99) == "one\ntwo\nthree\ffour\u2028five\nsix"
    assert reader.lines("a", 3, 1) == ""
    assert reader.lines("none", 0, 9) == ""


def test_a_text_that_changed_is_read_anew(tmp_path: Path) -> None:
    with IndexWriter.open(tmp_path / "i", max_bytes=ROOM) as writer:
        writer.put([sample("a", "old")])
        reader = IndexReader(tmp_path / "i")
        assert reader.lines("a", 0, 1) == "old"
        writer.put([sample("a", "new")])
        assert reader.lines("a", 0, 1) == "new"


def test_who_asks_before_there_is_an_index_is_answered_as_soon_as_there_is(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "i"
    reader = IndexReader(path)
    assert not reader.defining(["f"])
    assert reader.fault == reader.status().fault == NO_INDEX
    assert not reader.is_damaged
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put([sample("a", "def f", imports=["b"])])
        assert [one.path for one in reader.defining(["f"])] == ["a"]
        assert list(reader.importers_of("b")) == ["a"]
        assert reader.explain("none") is None
        assert not path.with_name("none").exists()


def test_a_file_that_was_deleted_or_replaced_under_a_reader_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "i"
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put([sample("a", "def old")])
    reader = IndexReader(path)
    assert reader.defining(["old"])
    path.unlink()
    assert not reader.defining(["old"])
    assert reader.fault == NO_INDEX
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put([sample("a", "def first")])
    assert reader.defining(["first"])
    with IndexWriter.open(path, max_bytes=ROOM, anew=True) as writer:
        writer.put([sample("a", "def second")])
        assert not reader.defining(["first"])
        assert reader.defining(["second"])


def test_a_text_that_cannot_be_unpacked_says_that_the_index_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "i"
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put([sample("a", "def f")])
    connection = sqlite3.connect(path)
    connection.execute("UPDATE texts SET text = x'00', terms = x'00'")
    connection.commit()
    connection.close()
    reader = IndexReader(path)
    assert reader.lines("a", 0, 1) == ""
    assert reader.fault == DAMAGED
    assert reader.is_damaged
    assert reader.defining(["f"])


def test_readers_see_whole_transactions_while_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "i"
    turns, wrong = 40, []
    seen: set[str] = set()
    writer = IndexWriter.open(path, max_bytes=ROOM)

    def put(turn: int) -> None:
        writer.put([sample(f"{n}", f"def f{turn}\nturn{turn}") for n in range(8)])

    put(0)
    over = threading.Event()

    def read() -> None:
        reader = IndexReader(path)
        while not over.is_set():
            found = reader.search({f"turn{turn}": 1.0 for turn in range(60)}, limit=100)
            if len(found) != 8 or len({one.text for one in found}) != 1 or reader.fault:
                wrong.append((found, reader.fault))
            seen.update(one.text for one in found)
        reader.close()

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for turn in range(1, turns):
        put(turn)
    over.set()
    for thread in threads:
        thread.join()
    writer.close()
    assert not wrong
    assert seen


def test_asking_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "i"
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put([sample("a", "def f", imports=["b"])])
    before = path.read_bytes()
    reader = IndexReader(path)
    facts = reader.explain("a")
    assert facts is not None
    assert facts.chunks == ((0, 1),)
    assert reader.search({"f": 1.0}) == [
        ChunkRow(path="a", first=0, last=1, text="def f", score=reader.search({"f": 1.0})[0].score)
    ]
    reader.close()
    assert path.read_bytes() == before
