"""The whole engine, as the server composes it, with `context.embeddings` on and off."""

from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from aicopilot_lsp.assembly import context_engine
from aicopilot_lsp.config.settings import ContextSettings, Settings
from aicopilot_lsp.context.engine import ContextEngine
from aicopilot_lsp.context.types import Around, Gathered, OpenFile
from aicopilot_lsp.text.document import DocumentSnapshot, Point

_ON = Settings(context=ContextSettings(embeddings=True, index=False, budget_ms=60_000))
_OFF = Settings(context=ContextSettings(index=False, budget_ms=60_000))
_OPEN = {
    "draw.py": "def draw(frobnicate):\n    return circle(frobnicate)\n",
    "remove.py": "def remove(frobnicate):\n    return erase(frobnicate)\n",
    # With fewer files no name is rare.
    **{f"other{number}.py": f"value{number} = {number}\n" for number in range(6)},
}
_HERE = "def delete(frobnicate):\n    \n"


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[ContextEngine]:
    made = context_engine(_ON, tmp_path / "index")
    yield made
    await made.aclose()


def _document(path: str, text: str) -> DocumentSnapshot:
    return DocumentSnapshot.from_text(text, uri=f"file:///{path}", language_id="python")


async def _ask(engine: ContextEngine) -> Gathered:
    others = [OpenFile(path=path, document=_document(path, text)) for path, text in _OPEN.items()]
    around = Around(open_files=tuple(others))
    here = _document("here.py", _HERE)
    while True:  # what is open beside the document is read for a later request
        gathered = await engine.gather(here, Point(1, 4), "here.py", around)
        assert gathered is not None
        if sum(one.source == "similar" for one in gathered.snippets) == 2:
            return gathered


def _processes() -> list[psutil.Process]:
    mark = "aicopilot_lsp.context.embeddings.process"
    return [one for one in psutil.Process().children() if mark in one.cmdline()]


async def test_switched_on_it_ranks_what_is_open_by_meaning(engine: ContextEngine) -> None:
    gathered = await _ask(engine)
    found = [one for one in gathered.snippets if one.source == "embeddings"]
    assert [one.path for one in sorted(found, key=lambda one: -one.score)] == [
        "remove.py",
        "draw.py",
    ]


async def test_its_process_ends_with_the_engine(engine: ContextEngine) -> None:
    await _ask(engine)
    (process,) = _processes()
    await engine.aclose()
    assert not process.is_running()


async def test_switched_off_it_is_not_asked_and_its_process_ends(engine: ContextEngine) -> None:
    await _ask(engine)
    (process,) = _processes()
    await engine.reconfigure(_OFF)
    assert not process.is_running()
    gathered = await _ask(engine)
    assert "embeddings" not in {one.source for one in gathered.yields}
    assert {one.source for one in gathered.snippets} >= {"similar"}
    assert _processes() == []
