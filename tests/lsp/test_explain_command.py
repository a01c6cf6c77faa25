"""`aicopilot.explain` and `workspace/textDocumentContent` through a real server."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.rpc_client import INLINE, RpcClient, did_change, did_open, inline, insert

URI, OTHER = "file:///w/a.py", "file:///w/b.py"
SHOWS = {"window": {"showDocument": {"support": True}}}
READS = {**SHOWS, "workspace": {"textDocumentContent": {}}}


def explain(client: RpcClient, *arguments: object) -> str:
    params = {"command": "aicopilot.explain", "arguments": list(arguments)}
    return str(client.request("workspace/executeCommand", params))


def said(client: RpcClient) -> str:
    return str(client.until_method("window/showMessage")["params"]["message"])


def answer(client: RpcClient, asked: dict[str, Any], **answer: object) -> None:
    client.send({"jsonrpc": "2.0", "id": asked["id"], **answer})


def asked_for(client: RpcClient, uri: str, text: str) -> None:
    """Open a document and have its second line completed."""
    client.send(did_open(uri, text), inline(uri, uri, 1, 0))
    assert "result" in client.answer(uri)


@pytest.fixture
def client() -> Iterator[RpcClient]:
    with RpcClient() as client:
        client.initialize()
        client.ready()
        yield client


def test_the_page_of_a_document_and_of_the_one_asked_for_last(client: RpcClient) -> None:
    asked_for(client, URI, "#! say one\nfirst = 1\n")
    asked_for(client, OTHER, "#! say two\nsecond = 2\n")
    page = explain(client, URI)
    assert page.startswith("# This suggestion explained\n")
    assert "The last request got a suggestion from the model." in page
    assert "PROMPT\n#! say one\nfirst = 1\n" in page
    assert "second = 2" in explain(client)
    assert "second = 2" in explain(client, OTHER, False)
    assert client.unread == []  # nothing was shown


def test_a_suggestion_that_was_typed_along_is_explained_by_the_request_that_made_it(
    client: RpcClient,
) -> None:
    asked_for(client, URI, "#! say one\nx\n")
    client.send(did_change(URI, 2, insert(1, 0, "#! cache y\n")), inline("cached", URI, 2, 0))
    assert "result" in client.answer("cached")
    page = explain(client, URI)
    assert "The last request got the rest of an earlier suggestion." in page
    assert "# The last request in which a model was asked" in page
    assert "PROMPT\n#! say one" in page


def test_where_there_is_nothing_to_explain_it_says_why(client: RpcClient) -> None:
    assert explain(client, OTHER) == "The editor has not opened this file with this server."
    client.send(did_open(URI, "x\n"))
    none_yet = explain(client, URI)
    assert none_yet.startswith("No suggestion has been asked for in this file yet.")
    client.send(did_change(URI, 2, insert(-1, 0, "y")))
    assert "Close and open it again." in explain(client, URI)
    assert explain(client, URI, True) in said(client)


def test_before_the_first_request_it_says_so() -> None:
    with RpcClient() as client:
        client.initialize()
        none_yet = "No suggestion has been asked for yet. Type something, or ask by hand."
        assert explain(client) == none_yet


def test_a_server_without_an_engine_says_where_to_look() -> None:
    with RpcClient((sys.executable, "-m", "tests.support.broken_server")) as client:
        client.initialize()
        client.send(did_open(URI, "x\n"))
        assert "`aicopilot doctor`" in explain(client, URI)


def test_a_client_that_can_not_show_it_is_told_in_short_and_where_it_can_be_read(
    client: RpcClient,
) -> None:
    asked_for(client, URI, "#! say one\nsecret = 1\n")
    assert "secret = 1" in explain(client, URI, True)
    in_short = said(client)
    assert "The last request got a suggestion from the model." in in_short
    assert "aicopilot explain FILE" in in_short
    assert "secret" not in in_short


def test_a_client_that_reads_documents_of_the_server_is_shown_one() -> None:
    with RpcClient() as client:
        result = client.initialize(capabilities={**INLINE, **READS})
        assert result["capabilities"]["workspace"]["textDocumentContent"] == {
            "schemes": ["aicopilot"]
        }
        client.ready()
        asked_for(client, URI, "#! say one\nfirst = 1\n")
        page = explain(client, URI, True)
        shown = client.until_method("window/showDocument")
        uri = shown["params"]["uri"]
        assert uri.startswith("aicopilot:")
        assert client.request("workspace/textDocumentContent", {"uri": uri}) == {"text": page}
        answer(client, shown, result={"success": True})
        refresh = client.until_method("workspace/textDocumentContent/refresh")
        assert refresh["params"] == {"uri": uri}
        answer(client, refresh, result=None)
        assert not (client.state_dir / "explain").exists()
        client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        closed = client.request("workspace/textDocumentContent", {"uri": uri})
        assert closed == {"text": "The editor has not opened this file with this server."}
        assert client.stop() == 0


def test_a_client_that_opens_files_is_shown_one_of_the_state_directory() -> None:
    with RpcClient() as client:
        result = client.initialize(capabilities={**INLINE, **SHOWS})
        assert "textDocumentContent" not in result["capabilities"]["workspace"]
        client.ready()
        asked_for(client, URI, "#! say one\nfirst = 1\n")
        page = explain(client, URI, True)
        shown = client.until_method("window/showDocument")
        assert shown["params"]["uri"].startswith((client.state_dir / "explain").as_uri())
        (file,) = (client.state_dir / "explain").iterdir()
        assert file.read_text(encoding="utf-8") == page
        answer(client, shown, result={"success": True})
        assert client.stop() == 0
