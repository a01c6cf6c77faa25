"""Inline completion, completion items, commands and notices, over a real pipe."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.rpc_client import (
    INLINE,
    Message,
    RpcClient,
    did_change,
    did_open,
    inline,
    insert,
    notification,
    request,
)

URI = "file:///w/pkg/a.py"
WHY = "aicopilot.whyNothing"


@pytest.fixture(scope="module")
def server() -> Iterator[RpcClient]:
    with RpcClient() as client:
        client.initialize()
        client.ready()
        yield client


class Editor:
    """One document after another in one server, each under a name of its own."""

    def __init__(self, server: RpcClient, name: str) -> None:
        self.server, self.uri = server, f"file:///w/{name}.py"

    def open(self, text: str, *, version: int = 1) -> None:
        self.server.send(did_open(self.uri, text, version=version))

    def change(self, version: int, *changes: object) -> None:
        self.server.send(did_change(self.uri, version, *changes))

    def inline(self, line: int, character: int, **context: Any) -> Any:
        message = inline("i", self.uri, line, character, **context)
        self.server.send(message)
        return self.server.answer("i")["result"]

    def why(self) -> str:
        return str(
            self.server.request(
                "workspace/executeCommand", {"command": WHY, "arguments": [self.uri]}
            )
        )

    def notices(self) -> list[str]:
        """What was shown since the last look."""
        self.server.settle()
        shown = [
            each
            for each in self.server.unread
            if isinstance(each, dict) and each.get("method") == "window/showMessage"
        ]
        for each in shown:
            self.server.until(lambda message, each=each: message is each)
        return [each["params"]["message"] for each in shown]


@pytest.fixture
def editor(server: RpcClient, request: pytest.FixtureRequest) -> Editor:
    before = Editor(server, "before")
    before.open("#! say x\n")
    before.inline(1, 0)  # ends the outage of whatever test was before
    before.notices()
    return Editor(server, str(abs(hash(request.node.nodeid))))


@pytest.fixture
def alone() -> Iterator[Editor]:
    """With a server of its own, whose model has no past."""
    with RpcClient() as client:
        client.initialize()
        client.ready()
        yield Editor(client, "alone")


def span(line: int, start: int, end: int) -> Message:
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}


def test_an_item_has_a_range_on_one_line_newlines_and_an_accept_command(editor: Editor) -> None:
    editor.open("#! say one\\ntwo\r\nx = \r\n")
    (item,) = editor.inline(1, 4)["items"]
    assert item["insertText"] == "one\ntwo"
    assert item["range"] == span(1, 4, 4)
    assert item["command"]["command"] == "aicopilot.accept"
    assert set(item) == {"insertText", "range", "command"}


def test_positions_count_utf16_units_where_nothing_else_is_agreed(editor: Editor) -> None:
    editor.open("#! back 1 x)\n😀é(\n")
    (item,) = editor.inline(1, 4)["items"]
    assert item["range"] == span(1, 3, 4)


def test_text_right_of_the_cursor_can_be_replaced(editor: Editor) -> None:
    editor.open("#! over 1 x)\nf()\n")
    assert editor.inline(1, 2)["items"][0]["range"] == span(1, 2, 3)


def test_nothing_to_suggest_is_an_empty_list(editor: Editor) -> None:
    editor.open("#! empty\n")
    assert editor.inline(1, 0) == {"items": []}


def test_text_with_nul_is_not_sent(editor: Editor) -> None:
    editor.open("#! say a\0b\n")
    assert editor.inline(1, 0) == {"items": []}


def test_a_position_past_the_end_counts_as_the_end(editor: Editor) -> None:
    editor.open("#! say x\nab")
    assert editor.inline(2**31 - 1, 5)["items"][0]["range"] == span(1, 2, 2)


def test_the_item_selected_in_a_list_is_completed_beyond(editor: Editor) -> None:
    editor.open("#! say (a, b)\nx.app\n")
    selected = {"range": span(1, 2, 5), "text": "append"}
    (item,) = editor.inline(1, 5, selectedCompletionInfo=selected)["items"]
    assert item["insertText"] == "append(a, b)"
    assert item["range"] == span(1, 2, 5)


@pytest.mark.parametrize(
    "selected",
    [
        {"range": span(0, 0, 1), "text": "append"},
        {"range": span(1, 3, 2), "text": "append"},
        {"range": span(1, 2, 5), "text": "two\nlines"},
    ],
)
def test_a_selected_item_that_makes_no_sense_gets_nothing(editor: Editor, selected: object) -> None:
    editor.open("#! say (a, b)\nx.app\n")
    assert editor.inline(1, 5, selectedCompletionInfo=selected) == {"items": []}


@pytest.mark.parametrize(
    ("version", "change"),
    [
        (2, {"range": {"start": {"line": 1, "character": 3}, "end": {"line": 1, "character": 0}},
             "text": "x"}),
        (2, insert(-1, 0, "x")),
        (2, insert(1, 2**80, "x")),
        (2, {"range": "odd", "text": "x"}),
        (2, insert(1, 1, "x")),  # inside the emoji
        (1, insert(1, 0, "x")),
    ],
)  # fmt: skip
def test_an_edit_that_can_not_be_right_pauses_the_document_and_says_so_once(
    editor: Editor, version: int, change: object
) -> None:
    editor.open("#! say x\n😀\n")
    editor.change(version, change)
    assert editor.inline(1, 0) == {"items": []}
    assert editor.inline(1, 0) == {"items": []}
    (said,) = editor.notices()
    assert "Close and open it again" in said
    assert "Close and open it again" in editor.why()
    editor.open("#! say x\n")
    assert editor.inline(1, 0)["items"]
    assert editor.notices() == []


def test_the_whole_text_ends_a_pause(editor: Editor) -> None:
    editor.open("#! say x\n")
    editor.change(2, insert(-1, 0, "x"))
    editor.change(3, {"text": "#! say y\n"})
    assert editor.inline(1, 0)["items"]


def test_a_message_lost_in_transit_pauses_every_open_document(editor: Editor) -> None:
    editor.open("#! say x\n")
    editor.server.send_bytes(b"Content-Length: 3\r\n\r\n{,}")
    editor.server.until(lambda message: message.get("error", {}).get("code") == -32700)
    assert editor.inline(1, 0) == {"items": []}
    assert len(editor.notices()) == 1


def test_an_outage_is_told_once_and_a_new_one_soon_after_as_coming_and_going(alone: Editor) -> None:
    alone.open("#! fail timeout\n#! fail auth\n#! cache x\n#! say x\n")
    seen = []
    for line in (0, 0, 1, 0, 2, 0, 1, 3, 0, 0):
        alone.inline(line, 0)
        seen.append([message.split()[-1] for message in alone.notices()])
    first, other, back, often = ["timeout."], ["auth."], ["again."], ["end."]
    # The cursor's line is the order: 0 and 1 fail, 2 is from the cache, 3 ends the outage.
    assert seen == [first, [], other, [], [], [], [], back, often, []]


def test_an_outage_that_shows_itself_in_several_ways_is_one_outage(alone: Editor) -> None:
    alone.open("#! fail interrupted\n#! fail unreachable\n#! fail starting\n")
    for line in range(3):
        alone.inline(line, 0)
    assert len(alone.notices()) == 1


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("say x", "got a suggestion"),
        ("empty", "nothing to add"),
        ("fail unreachable", "The model is unreachable."),
    ],
)
def test_why_nothing_reads_out_the_last_outcome(editor: Editor, order: str, words: str) -> None:
    editor.open(f"#! {order}\n")
    assert "asked for in this file yet" in editor.why()
    editor.inline(1, 0)
    assert words in editor.why()
    editor.notices()


def test_why_nothing_is_shown_when_that_is_asked_for(editor: Editor) -> None:
    editor.open("#! empty\n")
    editor.inline(1, 0)
    arguments = {"command": WHY, "arguments": [editor.uri, True]}
    text = editor.server.request("workspace/executeCommand", arguments)
    assert editor.notices() == [f"aicopilot: {text}"]


def test_only_what_is_wanted_is_sent(server: RpcClient) -> None:
    server.settle()
    assert [each for each in server.unread if "showMessage" not in json.dumps(each)] == []


# Completion items


COMPLETION = {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}}


def items(client: RpcClient, text: str, line: int, character: int) -> Any:
    place = {"textDocument": {"uri": URI}, "position": {"line": line, "character": character}}
    client.send(did_open(URI, text), request("c", "textDocument/completion", place))
    return client.answer("c")["result"]


def test_a_client_without_ghost_text_gets_items() -> None:
    with RpcClient() as client:
        result = client.initialize(capabilities={"textDocument": {"completion": COMPLETION}})
        assert "completionProvider" in result["capabilities"]
        found = items(client, "#! say nd(${x})\\n        y\n    x.appe\n", 1, 10)
        assert found["isIncomplete"] is True
        (item,) = found["items"]
        assert item["sortText"] == "0000"
        assert item["label"] == "append(${x})"
        assert item["filterText"] == "append(${x})"
        assert "scripted" in item["detail"]
        assert item["insertTextFormat"] == 2
        # The word is replaced as a whole; a snippet is indented by the client.
        assert item["textEdit"]["range"] == span(1, 6, 10)
        assert item["textEdit"]["newText"] == "append(\\${x\\})\n    y"
        documentation = item["documentation"]["value"]
        assert documentation == "```python\nappend(${x})\n        y\n```"
        assert item["command"]["arguments"] == ["s1"]


def test_a_client_without_snippets_gets_plain_text() -> None:
    with RpcClient() as client:
        client.initialize(capabilities={})
        (item,) = items(client, "#! say $x\\n  y\n  \n", 1, 2)["items"]
        assert item["insertTextFormat"] == 1
        assert item["textEdit"]["newText"] == "$x\n  y"
        assert item["documentation"] == "$x\n  y"


def test_a_client_with_ghost_text_gets_no_items_unless_it_wants_them(server: RpcClient) -> None:
    assert items(server, "#! say x\n", 1, 0) is None
    wanted = {"completion": {"completion_items": "always"}}
    with RpcClient() as client:
        result = client.initialize(initializationOptions=wanted)
        assert "completionProvider" in result["capabilities"]
        assert items(client, "#! say x\n", 1, 0)["items"]


def test_items_wanted_by_a_file_are_registered_when_it_has_been_read(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[completion]\ncompletion_items = "always"\n')
    completion = {**INLINE["textDocument"], "completion": {"dynamicRegistration": True}}
    with RpcClient(env={"AICOPILOT_CONFIG": str(config)}) as client:
        result = client.initialize(capabilities={"textDocument": completion})
        assert "completionProvider" not in result["capabilities"]
        asked = client.until_method("client/registerCapability")
        (registration,) = asked["params"]["registrations"]
        assert registration["method"] == "textDocument/completion"
        client.send({"jsonrpc": "2.0", "id": asked["id"], "result": None})
        assert items(client, "#! say x\n", 1, 0)["items"]


def test_a_change_of_configuration_is_asked_for_and_in_force(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    workspace = {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}}
    with RpcClient(env={"SCRIPTED_TRACE": str(trace)}) as client:
        client.initialize(
            capabilities={**INLINE, "workspace": workspace}, initializationOptions={"trusted": True}
        )
        for debounce_ms in (40, 50):
            asked = client.until_method("workspace/configuration")
            assert asked["params"]["items"] == [{"section": "aicopilot"}]
            answer = [{"completion": {"debounce_ms": debounce_ms}}]
            client.send({"jsonrpc": "2.0", "id": asked["id"], "result": answer})
            if debounce_ms == 40:
                asked = client.until_method("client/registerCapability")
                (registration,) = asked["params"]["registrations"]
                assert registration["method"] == "workspace/didChangeConfiguration"
                client.send({"jsonrpc": "2.0", "id": asked["id"], "result": None})
                client.notify("workspace/didChangeConfiguration", {"settings": None})
        while "reconfigured 50" not in trace.read_text():
            client.settle()
        assert client.stop() == 0
    # The first answer may come before the engine is made, or after.
    lines = trace.read_text().splitlines()
    *first, second, last = [line.rsplit(" at=", 1)[0] for line in lines]
    assert first in (["made 75", "reconfigured 40"], ["made 40"])
    assert (second, last) == ("reconfigured 50", "closed")


@pytest.mark.parametrize(
    "reply",
    [
        {"result": [None]},
        {"result": [{}]},
        {"result": {}},
        {"result": None},
        {"error": {"code": 1, "message": "no"}},
    ],
)
def test_any_answer_about_configuration_will_do(reply: dict[str, Any]) -> None:
    capabilities = {**INLINE, "workspace": {"configuration": True}}
    with RpcClient() as client:
        client.initialize(capabilities=capabilities)
        asked = client.until_method("workspace/configuration")
        client.send({"jsonrpc": "2.0", "id": asked["id"], **reply})
        client.send(did_open(URI, "#! say x\n"), inline(5, URI, 1, 0))
        assert client.answer(5)["result"]["items"]


def test_a_client_that_never_answers_gets_suggestions_all_the_same() -> None:
    with RpcClient() as client:
        client.initialize(capabilities={**INLINE, "workspace": {"configuration": True}})
        client.send(did_open(URI, "#! say x\n"), inline(5, URI, 1, 0))
        assert client.answer(5)["result"]["items"]
        assert client.stop() == 0


def test_wrong_options_are_told_once_and_the_right_ones_count() -> None:
    options = {"completion": {"debounce_ms": -5, "enabled": "canary"}, "canary": 1}
    with RpcClient() as client:
        client.initialize(initializationOptions=options)
        said = client.until_method("window/showMessage")["params"]["message"]
        assert "completion.debounce_ms" in said
        assert "completion.enabled" in said
        client.ready()
        client.settle()
        assert client.unread == []


def test_a_missing_model_is_told_once_after_the_start() -> None:
    with RpcClient(env={"SCRIPTED_READINESS": "Fetch a model first."}) as client:
        client.initialize()
        said = client.until_method("window/showMessage")["params"]["message"]
        assert said == "aicopilot: Fetch a model first."
        client.send(did_open(URI, "#! fail not_installed\n"), inline(5, URI, 1, 0))
        client.answer(5)
        client.settle()
        assert client.unread == []


@pytest.mark.parametrize(
    ("offered", "chosen", "column"),
    [(["utf-8", "utf-16"], "utf-8", 7), (["utf-32"], "utf-32", 3), (["x"], "utf-16", 4),
     (None, "utf-16", 4)],
)  # fmt: skip
def test_positions_are_in_the_first_encoding_that_both_know(
    offered: object, chosen: str, column: int
) -> None:
    with RpcClient() as client:
        result = client.initialize(
            capabilities={**INLINE, "general": {"positionEncodings": offered}}
        )
        assert result["capabilities"]["positionEncoding"] == chosen
        client.send(did_open(URI, "#! back 1 x\n😀é(\n"), inline(5, URI, 1, column))
        (item,) = client.answer(5)["result"]["items"]
        assert item["range"] == span(1, column - 1, column)


def test_folders_come_and_go_and_paths_are_relative_to_the_innermost(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with RpcClient(env={"SCRIPTED_TRACE": str(trace)}) as client:
        client.initialize(workspaceFolders=[{"uri": "file:///w", "name": "w"}])
        client.ready()
        paths = []
        for added, removed in [([], []), (["/w/pkg"], []), ([], ["/w/pkg", "/w"])]:
            event = {
                "added": [{"uri": f"file://{path}", "name": path} for path in added],
                "removed": [{"uri": f"file://{path}", "name": path} for path in removed],
            }
            client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
            client.send(did_open(URI, "#! empty\n"), inline("p", URI, 1, 0, kind=1))
            client.answer("p")
            paths.append(trace.read_text().splitlines()[-1].split(" exclude=")[0])
        assert paths == [
            "asked pkg/a.py invoked 1", "asked a.py invoked 1", "asked w/pkg/a.py invoked 1"
        ]  # fmt: skip
        client.send(did_open("untitled:x", ""), inline("p", "untitled:x", 0, 0))
        client.answer("p")
        assert "asked  automatic" in trace.read_text().splitlines()[-1]
        client.send(notification("textDocument/didClose", {"textDocument": {"uri": URI}}))
