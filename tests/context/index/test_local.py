"""Open documents win over what was indexed, and nobody waits for what nobody wants."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from aicopilot_lsp.context.index import remembered
from aicopilot_lsp.context.index.local import LocalIndex
from aicopilot_lsp.context.index.rows import file_row
from aicopilot_lsp.context.index.unsaved import UnsavedImports
from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.types import Symbol
from aicopilot_lsp.store.index.writer import IndexWriter
from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_for
from aicopilot_lsp.text.syntax.outline import Outline
from aicopilot_lsp.text.syntax.read import outline

SHOP = '''\
from stock import Shelf


class Shop:
    """Sells what is on its shelves. Closed on Sundays."""

    def sell(self, count: int) -> bool:
        return Shelf().take(count)
'''
STOCK = """\
class Shelf:
    def take(self, count):
        return zebra_stripes(count)


def zebra_stripes(count):
    return count
"""


def outlined(path: str, text: str) -> tuple[Outline, tuple[str, ...]]:
    document = DocumentSnapshot.from_text(text, uri=f"file:///{path}", language_id="python")
    return outline(document, language_for("python")), document.lines


def put(writer: IndexWriter, path: str, text: str) -> None:
    found, _ = outlined(path, text)
    writer.put(
        [
            file_row(
                path, "python", text, found, digest=text.encode()[:32], size_bytes=1, modified_ns=1
            )
        ]
    )


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[IndexWriter]:
    with IndexWriter.open(tmp_path / "i", max_bytes=1 << 30) as writer:
        put(writer, "shop.py", SHOP)
        put(writer, "stock.py", STOCK)
        yield writer


def resolve(path: str, language: str, module: str, name: str) -> str:
    assert (path, language) == ("shop.py", "python")
    return f"{module}.py" if module in {"stock", "till"} else ""


async def test_what_was_indexed_is_answered_for_files_that_are_not_open(
    tmp_path: Path, writer: IndexWriter
) -> None:
    local = LocalIndex(IndexReader(tmp_path / "i"))
    index: Index = local
    assert [(one.path, one.name) for one in await index.defining(["Shop"])] == [("shop.py", "Shop")]
    shop = (await index.defining(["Shop"]))[0]
    assert (shop.signature, shop.doc) == ("class Shop:", "Sells what is on its shelves.")
    assert [one.signature for one in await index.members(["Shop"])] == [
        "def sell(self, count: int) -> bool:"
    ]
    assert [one.module for one in await index.imports_of("shop.py")] == ["stock"]
    assert [one.path for one in await index.search("zebraStripes(1)")] == ["stock.py"]
    assert not await index.search("zebraStripes(1)", exclude=["stock.py"])
    assert await index.lines("stock.py", 0, 1) == "class Shelf:"
    assert list(await index.paths("s*.py")) == ["shop.py", "stock.py"]
    assert (await local.status()).files == 2
    assert (await local.explain("shop.py")) is not None
    await local.aclose()


async def test_an_open_document_takes_the_place_of_its_file(
    tmp_path: Path, writer: IndexWriter
) -> None:
    index = LocalIndex(IndexReader(tmp_path / "i"), resolve=resolve)
    text = SHOP.replace("Shop", "Store").replace("sell", "giraffe_sale")
    text = "import till\n" + text
    index.set_open({"shop.py": outlined("shop.py", text), "new.py": outlined("new.py", "x = 1\n")})
    assert not await index.defining(["Shop"])
    assert [one.path for one in await index.defining(["Store", "Shelf"])] == ["stock.py", "shop.py"]
    assert [one.name for one in await index.members(["Store", "Shop"])] == ["giraffe_sale"]
    assert [one.name for one in await index.symbols_in("shop.py")] == ["Store", "giraffe_sale"]
    assert [(one.module, one.target) for one in await index.imports_of("shop.py")] == [
        ("till", "till.py"),
        ("stock", ""),  # as the index has it
    ]
    assert list(await index.importers_of("till.py")) == ["shop.py"]
    assert [one.path for one in await index.search("giraffeSale()")] == ["shop.py"]
    assert not await index.search("giraffeSale()", exclude=["shop.py"])
    assert not await index.search("giraffeSale()", under="src/")
    assert await index.lines("shop.py", 0, 2) == "import till\nfrom stock import Shelf"
    assert list(await index.paths("[^s]*.py")) == ["new.py"]
    index.set_open({})
    assert [one.path for one in await index.defining(["Shop"])] == ["shop.py"]
    await index.aclose()


async def test_without_a_database_open_documents_are_all_there_is(tmp_path: Path) -> None:
    index = LocalIndex(IndexReader(tmp_path / "none"))
    index.set_open({"stock.py": outlined("stock.py", STOCK), "b.py": outlined("b.py", "b = 1\n")})
    assert [one.path for one in await index.defining(["Shelf"])] == ["stock.py"]
    assert [one.path for one in await index.search("zebra_stripes")] == ["stock.py"]
    assert (await index.status()).fault
    await index.aclose()


class _HeldReader(IndexReader):
    """Answers when it is told to, and counts."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.go, self.asked = threading.Event(), 0

    def lines(self, path: str, first: int, last: int) -> str:
        self.asked += 1
        self.go.wait()
        return "found"


async def test_a_question_that_nobody_waits_for_is_not_asked(tmp_path: Path) -> None:
    reader = _HeldReader(tmp_path / "i")
    index = LocalIndex(reader)
    first = asyncio.ensure_future(index.lines("a", 0, 1))
    given_up = [asyncio.ensure_future(index.lines("a", 0, 1)) for _ in range(50)]
    last = asyncio.ensure_future(index.lines("a", 0, 1))
    await asyncio.sleep(0)
    for one in given_up:
        one.cancel()
    await asyncio.gather(*given_up, return_exceptions=True)
    reader.go.set()
    assert [await first, await last] == ["found", "found"]
    assert reader.asked == 2
    await index.aclose()


async def test_behind_too_many_questions_one_is_answered_with_nothing(tmp_path: Path) -> None:
    reader = _HeldReader(tmp_path / "i")
    index = LocalIndex(reader)
    waiting = [asyncio.ensure_future(index.lines("a", 0, 1)) for _ in range(256)]
    await asyncio.sleep(0)
    assert await index.lines("a", 0, 1) == ""
    reader.go.set()
    assert set(await asyncio.gather(*waiting)) == {"found"}
    assert await index.lines("a", 0, 1) == "found"
    await index.aclose()
    assert await index.lines("a", 0, 1) == ""


async def test_an_import_that_is_not_saved_yet_leads_to_a_file_of_the_index_or_to_an_open_one(
    tmp_path: Path, writer: IndexWriter
) -> None:
    reader = IndexReader(tmp_path / "i")
    now_s = [0.0]
    index = LocalIndex(reader, resolve=UnsavedImports(reader, clock=lambda: now_s[0]))
    text = "import stock\nimport fresh\nimport later\nimport os\n"
    index.set_open({"new.py": outlined("new.py", text), "fresh.py": outlined("fresh.py", "")})

    async def targets() -> list[str]:
        return [one.target for one in await index.imports_of("new.py")]

    assert await targets() == ["stock.py", "fresh.py", "", ""]
    put(writer, "later.py", "")
    assert await targets() == ["stock.py", "fresh.py", "", ""]
    now_s[0] = 31.0
    index.set_open(
        {"new.py": outlined("new.py", f"{text}\n"), "fresh.py": outlined("fresh.py", "")}
    )
    assert await targets() == ["stock.py", "fresh.py", "later.py", ""]
    await index.aclose()


async def test_nothing_of_a_hidden_file_is_told(tmp_path: Path, writer: IndexWriter) -> None:
    index = LocalIndex(IndexReader(tmp_path / "i"), is_hidden=lambda path: path == "stock.py")
    assert not await index.defining(["Shelf", "zebra_stripes"])
    assert not await index.members(["Shelf"])
    assert not await index.symbols_in("stock.py")
    assert not await index.imports_of("stock.py")
    assert not await index.search("zebra_stripes")
    assert await index.lines("stock.py", 0, 2) == ""
    assert list(await index.paths("*.py")) == ["shop.py"]
    assert [one.name for one in await index.defining(["Shop"])] == ["Shop"]
    await index.aclose()


async def test_a_hidden_file_is_no_importer(tmp_path: Path, writer: IndexWriter) -> None:
    found, _ = outlined("shop.py", SHOP)
    row = file_row("shop.py", "python", SHOP, found, digest=b"2", size_bytes=1, modified_ns=2)
    imports = tuple(replace(one, target="stock.py") for one in row.imports)
    writer.put([replace(row, imports=imports)])
    index = LocalIndex(IndexReader(tmp_path / "i"))
    assert list(await index.importers_of("stock.py")) == ["shop.py"]
    await index.aclose()
    index = LocalIndex(IndexReader(tmp_path / "i"), is_hidden=lambda path: path == "shop.py")
    assert list(await index.importers_of("stock.py")) == []
    await index.aclose()
    await index.aclose()  # once more does no harm


class _CountingReader(IndexReader):
    asked = 0

    def symbols_in(self, path: str) -> Sequence[Symbol]:
        self.asked += 1
        return super().symbols_in(path)


async def test_what_only_asks_is_carried_through_in_the_thread_and_each_question_asked_once(
    tmp_path: Path, writer: IndexWriter
) -> None:
    reader = _CountingReader(tmp_path / "i")
    index = LocalIndex(reader)
    carrier = index.carrier()
    nothing: tuple[str, list[str]] = ("", [])

    async def work(index: Index) -> tuple[str, list[str]]:
        await index.symbols_in("stock.py")
        names = [one.name for one in await index.symbols_in("stock.py")]
        return threading.current_thread().name, names

    for _ in range(2):
        thread, names = await carrier(work, nothing)
        assert thread.startswith("index")
        assert names == ["Shelf", "take", "zebra_stripes"]
    await index.carrier()(work, nothing)
    assert reader.asked == 1
    put(writer, "other.py", "")  # answers may be others after that
    await index.carrier()(work, nothing)
    assert reader.asked == 2
    await index.aclose()
    assert await carrier(work, nothing) == nothing


async def test_a_carrier_answers_every_question_as_the_index_does(
    tmp_path: Path, writer: IndexWriter
) -> None:
    index = LocalIndex(IndexReader(tmp_path / "i"))
    index.set_open({"new.py": outlined("new.py", "import shop\n\n\ndef zebra(): ...\n")})

    async def work(index: Index) -> list[Sequence[object]]:
        return [
            await index.defining(["zebra", "Shop"]),
            await index.members(["Shelf"]),
            await index.symbols_in("new.py"),
            await index.imports_of("shop.py"),
            await index.importers_of("shop.py"),
            await index.search("zebra_stripes", exclude=["new.py"]),
            await index.lines("stock.py", 0, 2),
            await index.paths("*.py"),
        ]

    nothing: list[Sequence[object]] = []
    carried = await index.carrier()(work, nothing)
    assert carried == await work(index)
    assert all(carried[:4])
    await index.aclose()


async def test_what_was_answered_is_forgotten_when_something_is_written(
    tmp_path: Path, writer: IndexWriter
) -> None:
    index = LocalIndex(IndexReader(tmp_path / "i"))
    for _ in range(2):
        assert [one.name for one in await index.symbols_in("shop.py")] == ["Shop", "sell"]
    put(writer, "shop.py", "def other(): ...\n")
    assert [one.name for one in await index.symbols_in("shop.py")] == ["other"]
    writer.remove(["shop.py"])
    assert await index.symbols_in("shop.py") == []
    await index.aclose()


async def test_only_so_much_is_remembered(
    tmp_path: Path, writer: IndexWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_MOST_ROWS", 5)
    reader = _CountingReader(tmp_path / "i")
    index = LocalIndex(reader)
    for path in ("stock.py", "shop.py", "shop.py", "stock.py"):
        assert await index.symbols_in(path)
    assert reader.asked == 3
    await index.aclose()


async def test_what_waits_for_something_else_can_not_be_carried(tmp_path: Path) -> None:
    index = LocalIndex(IndexReader(tmp_path / "i"))

    async def work(_: Index) -> int:
        await asyncio.sleep(0)
        return 1

    with pytest.raises(RuntimeError, match="something else than the index"):
        await index.carrier()(work, 0)
    await index.aclose()


async def test_what_asks_for_too_long_gets_no_more_answers_and_the_next_does(
    tmp_path: Path, writer: IndexWriter
) -> None:
    time_s = iter(range(100))  # each look at the clock is 30 ms later
    index = LocalIndex(IndexReader(tmp_path / "i"), clock=lambda: 0.03 * next(time_s))

    async def work(index: Index) -> list[int]:
        paths = [f"{number}.py" for number in range(6)]
        found = [len(await index.symbols_in(path)) for path in ("stock.py", *paths, "shop.py")]
        return [*found, len(await index.symbols_in("stock.py"))]

    carrier = index.carrier()
    none: list[int] = []
    assert await carrier(work, none) == [3, 0, 0, 0, 0, 0, 0, 0, 3]  # what is known is told
    assert (await carrier(work, none))[-2:] == [0, 3]

    async def ask(index: Index) -> Sequence[Symbol]:
        return await index.symbols_in("shop.py")

    nothing: Sequence[Symbol] = ()
    assert [one.name for one in await carrier(ask, nothing)] == ["Shop", "sell"]
    await index.aclose()
