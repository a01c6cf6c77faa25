"""Of several versions of a document only the newest is read."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from aicopilot_lsp.context import outlines as module
from aicopilot_lsp.context.outlines import Outlines
from aicopilot_lsp.text.document import DocumentSnapshot


def version(number: int, uri: str = "file:///a.py") -> DocumentSnapshot:
    text = f"def version_{number}(): ...\n"
    return DocumentSnapshot.from_text(text, uri=uri, language_id="python", version=number)


@pytest.fixture
async def outlines() -> AsyncIterator[Outlines]:
    outlines = Outlines()
    yield outlines
    outlines.close()


async def test_a_version_is_read_once_and_the_next_one_from_it(outlines: Outlines) -> None:
    first = await outlines.of(version(1), "a.py")
    assert first is not None
    assert [one.name for one in first.outline.definitions] == ["version_1"]
    assert await outlines.of(version(1), "a.py") is first
    second = await outlines.of(version(2), "a.py")
    assert second is not None
    assert [one.name for one in second.outline.definitions] == ["version_2"]
    assert outlines.latest("file:///a.py") is second


async def test_of_versions_that_wait_only_the_newest_is_read(
    outlines: Outlines, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, go, begun = [], threading.Event(), asyncio.Event()
    really, loop = module._read, asyncio.get_running_loop()

    def held(document: DocumentSnapshot, *others: object) -> object:
        read.append(document.version)
        loop.call_soon_threadsafe(begun.set)
        go.wait()
        return really(document, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_read", held)
    reading = [asyncio.create_task(outlines.of(version(1), "a.py"))]
    await begun.wait()
    reading += [asyncio.create_task(outlines.of(version(n), "a.py")) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    go.set()
    found = await asyncio.gather(*reading)
    assert [one is not None for one in found] == [True, False, False, True]
    assert read == [1, 4]


async def test_a_document_that_is_closed_is_forgotten(outlines: Outlines) -> None:
    await outlines.of(version(1), "a.py")
    outlines.forget("file:///a.py")
    assert outlines.latest("file:///a.py") is None


async def test_only_so_many_documents_are_kept(outlines: Outlines) -> None:
    for number in range(40):
        await outlines.of(version(0, f"file:///{number}.py"), "a.py")
    assert outlines.latest("file:///0.py") is None
    assert outlines.latest("file:///39.py") is not None


async def test_inv_7_no_text_is_in_a_repr(outlines: Outlines) -> None:
    assert "version_1" not in repr(await outlines.of(version(1), "a.py"))
