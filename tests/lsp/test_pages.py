"""How a page is shown: as a document of the server's, else from a private file, else not at all."""

import asyncio
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.lsp.client import Client
from aicopilot_lsp.lsp.pages import Pages, document_of_page, uri_of_page
from aicopilot_lsp.lsp.protocol import ClientError

URI = "file:///w/a%20b.py"
TEXT = "# Page\n\n\ud800 a lone surrogate\n"
READS = Client(shows_documents=True, reads_content=True)
OPENS = Client(shows_documents=True)


class Editor:
    """Answers what it is asked with `answers`, in order: an error, or a result."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    async def ask(self, method: str, params: Any, *, timeout_s: float) -> Any:
        self.asked.append((method, params.uri))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def shown(editor: Editor, client: Client, directory: Path, text: str = TEXT) -> bool:
    """Whether the page was shown, as far as the server knows."""
    tasks: list[asyncio.Task[None]] = []
    failures: list[str] = []
    pages = Pages(editor, lambda work: tasks.append(asyncio.ensure_future(work)), directory)
    pages.show(client, URI, text, lambda: failures.append("failed"))
    await asyncio.gather(*tasks)
    assert not editor.answers
    return not failures


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


YES, NO, REFUSED = {"success": True}, {"success": False}, ClientError("no")


async def test_a_client_that_reads_documents_of_the_server_gets_one_and_no_file_is_made(
    tmp_path: Path,
) -> None:
    editor = Editor(YES, None)
    assert await shown(editor, READS, tmp_path / "explain")
    page = uri_of_page(URI)
    assert editor.asked == [
        ("window/showDocument", page),
        ("workspace/textDocumentContent/refresh", page),
    ]
    assert not (tmp_path / "explain").exists()


async def test_a_client_that_can_not_refresh_has_been_shown_the_page_all_the_same(
    tmp_path: Path,
) -> None:
    assert await shown(Editor(YES, REFUSED), READS, tmp_path)


async def test_a_client_that_opens_files_gets_one_file_that_is_its_users_only(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "explain"
    for text in ("before", TEXT):
        editor = Editor(YES)
        assert await shown(editor, OPENS, folder, text)
        (file,) = folder.iterdir()
        assert editor.asked == [("window/showDocument", file.as_uri())]
    assert "a lone surrogate" in file.read_text(encoding="utf-8")
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("answer", [NO, REFUSED, None, True])
async def test_where_the_servers_document_is_not_shown_the_file_is(
    tmp_path: Path, answer: object
) -> None:
    editor = Editor(answer, YES)
    assert await shown(editor, READS, tmp_path / "explain")
    assert editor.asked[1][1].startswith("file:")


async def test_what_can_not_be_shown_is_said(tmp_path: Path) -> None:
    assert not await shown(Editor(), Client(reads_content=True), tmp_path)
    assert not await shown(Editor(NO), OPENS, tmp_path)
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    assert not await shown(Editor(), OPENS, in_the_way)


async def test_a_file_that_can_not_take_its_place_is_not_left_behind(tmp_path: Path) -> None:
    (tmp_path / "explanation.md").mkdir()
    assert not await shown(Editor(), OPENS, tmp_path)
    assert names_in(tmp_path) == ["explanation.md"]


@pytest.mark.parametrize("uri", [URI, "untitled:Untitled-1", "file:///c%3A/a?b#c&d=é"])
def test_a_page_leads_back_to_its_document(uri: str) -> None:
    assert document_of_page(uri_of_page(uri)) == uri


@pytest.mark.parametrize("uri", ["", URI, "aicopilot:", "aicopilot:/other.md?x", "AICOPILOT:/x"])
def test_no_other_uri_is_a_page(uri: str) -> None:
    assert document_of_page(uri) is None
