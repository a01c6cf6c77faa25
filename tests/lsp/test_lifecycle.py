"""Lifecycle of a real server process: what is answered when, and how it ends."""

import contextlib
import json
import os
from typing import Any

import psutil
import pytest

from tests.support.rpc_client import (
    INLINE,
    SCRIPTED,
    Message,
    RpcClient,
    cancel,
    did_change,
    did_open,
    frame,
    inline,
    insert,
    notification,
    request,
)

URI, OTHER = "file:///w/a.py", "file:///w/b.py"


def code_of(answer: Message) -> int:
    error = answer["error"]
    assert set(error) == {"code", "message"}  # no data, hence no traceback and no path
    assert "/" not in error["message"]
    return int(error["code"])


def test_a_request_before_initialize_is_refused_and_the_server_goes_on() -> None:
    with RpcClient() as client:
        client.send(inline(1, URI, 0, 0), did_open(URI, ""), request("x", "shutdown"))
        assert code_of(client.answer(1)) == -32002
        assert code_of(client.answer("x")) == -32002
        assert client.initialize()["serverInfo"]["name"] == "aicopilot-lsp"
        assert client.stop() == 0


def test_a_second_initialize_is_refused() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(request(9, "initialize", {"capabilities": {}}))
        assert code_of(client.answer(9)) == -32600


def test_after_shutdown_requests_are_refused_and_exit_is_clean() -> None:
    with RpcClient() as client:
        client.initialize()
        client.request("shutdown")
        client.send(inline(8, URI, 0, 0), request(9, "shutdown"), did_open(URI, ""))
        assert [code_of(client.answer(each)) for each in (8, 9)] == [-32600, -32600]
        client.notify("exit")
        assert client.wait() == 0
        assert client.stderr() == ""


def test_exit_without_shutdown_ends_with_1() -> None:
    with RpcClient() as client:
        client.initialize()
        client.notify("exit")
        assert client.wait() == 1


def test_exit_before_initialize_ends_with_1() -> None:
    with RpcClient() as client:
        client.notify("exit")
        assert client.wait() == 1


def test_shutdown_answers_what_is_in_flight() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(did_open(URI, "#! hold x\n"), inline(7, URI, 1, 0), request(8, "shutdown"))
        assert code_of(client.answer(7)) == -32800
        assert client.answer(8)["result"] is None


def test_the_end_of_input_ends_the_server_with_work_in_flight() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(did_open(URI, "#! hold x\n"), inline(7, URI, 1, 0))
        client.close_input()
        assert client.wait() == 0
        assert client.stderr() == ""


def test_input_that_ends_in_the_middle_of_a_message_ends_the_server() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send_bytes(frame(request(1, "shutdown"))[:-5])
        client.close_input()
        assert client.wait() == 0
        assert "middle of a message" in client.log()


def test_a_message_just_before_the_end_of_input_is_still_answered() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(*(request(f"r{number}", "no/such") for number in range(500)))
        client.close_input()
        assert all(code_of(client.answer(f"r{number}")) == -32601 for number in range(500))
        assert client.wait() == 0


def test_closed_output_ends_the_server() -> None:
    with RpcClient() as client:
        client.initialize()
        client.hang_up()
        # The first answer may still be read, if our thread was waiting for it; the server may have
        # noticed before it was asked.
        with contextlib.suppress(BrokenPipeError, AssertionError):
            client.send(request(1, "no/such"))
            client.answer(1)
            client.send(request(2, "no/such"))
        assert client.wait() == 1


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_sigterm_ends_the_server_in_order() -> None:
    with RpcClient() as client:
        client.initialize()
        client.process.terminate()
        assert client.wait() == 1
        assert "Ended with 1" in client.log()


def test_inv_10_the_server_opens_no_listening_socket() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(did_open(URI, "#! say x\n"), inline(7, URI, 1, 0))
        client.answer(7)
        server = psutil.Process(client.process.pid)
        assert [each for each in server.net_connections("all") if each.status == "LISTEN"] == []
        assert server.children(recursive=True) == []


def test_inv_9_initialize_is_answered_without_a_model_and_with_a_broken_configuration() -> None:
    with RpcClient(
        (SCRIPTED[0], "-m", "tests.support.broken_server"), env={"SCRIPTED_READINESS": "no model"}
    ) as client:
        client.initialize(initializationOptions={"completion": "nonsense", "models": 5})
        client.send(did_open(URI, "x"), inline(7, URI, 0, 1))
        assert client.answer(7)["result"] == {"items": []}
        assert client.stop() == 0


def test_what_lies_behind_standard_input_and_output_is_out_of_reach_of_a_print() -> None:
    with RpcClient((SCRIPTED[0], "-m", "tests.support.broken_server")) as client:
        client.initialize()  # its engine prints when it is made
        client.send(request(1, "no/such"))
        assert code_of(client.answer(1)) == -32601


DAMAGED: list[tuple[str, Any, int]] = [
    ("textDocument/inlineCompletion", None, -32602),
    ("textDocument/inlineCompletion", [], -32602),
    ("textDocument/inlineCompletion", "text", -32602),
    ("textDocument/inlineCompletion", {}, -32602),
    ("textDocument/inlineCompletion", {"textDocument": {"uri": None}}, -32602),
    ("textDocument/inlineCompletion", inline(0, URI, -1, 0)["params"], -32602),
    (
        "textDocument/inlineCompletion",
        {**inline(0, URI, 0, 0)["params"], "position": {"line": "0", "character": True}},
        -32602,
    ),
    ("textDocument/completion", {"textDocument": {"uri": URI}}, -32602),
    ("workspace/executeCommand", {"command": 5}, -32602),
    ("workspace/executeCommand", {"command": "other.command"}, -32602),
    ("workspace/executeCommand", {"command": "aicopilot.accept"}, -32602),
    ("workspace/executeCommand", {"command": "aicopilot.accept", "arguments": [1]}, -32602),
    ("workspace/executeCommand", {"command": "aicopilot.whyNothing", "arguments": [{}]}, -32602),
    ("workspace/executeCommand", {"command": "aicopilot.explain", "arguments": [URI, 1]}, -32602),
    ("workspace/textDocumentContent", {"uri": "file:///etc/passwd"}, -32602),
    ("workspace/textDocumentContent", {"uri": "aicopilot:/other"}, -32602),
    ("workspace/textDocumentContent", {"uri": "aicopilot:/explanation.md?"}, -32602),
    ("workspace/textDocumentContent", {}, -32602),
    ("initialize", {}, -32600),
    ("no/such", {}, -32601),
    ("$/unknown", {}, -32601),
    ("textDocument/didOpen", None, -32602),
    ("", {}, -32601),
]


def test_damaged_requests_are_answered_by_the_book() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(*(request(i, method, p) for i, (method, p, _) in enumerate(DAMAGED, 100)))
        codes = [code_of(client.answer(i)) for i in range(100, 100 + len(DAMAGED))]
        assert codes == [code for _, _, code in DAMAGED]


@pytest.mark.parametrize("params", [None, [], "x", 5])
def test_initialize_without_an_object_is_refused_and_may_be_repeated(params: object) -> None:
    with RpcClient() as client:
        client.send(request(1, "initialize", params))
        assert code_of(client.answer(1)) == -32602
        client.initialize()


def test_initialize_forgives_capabilities_of_odd_shapes() -> None:
    with RpcClient() as client:
        result = client.initialize(
            capabilities={"general": {"positionEncodings": [5, "utf-7", "utf-32"]},
                          "textDocument": {"inlineCompletion": True, "completion": []},
                          "workspace": 7},
            workspaceFolders=[None, {"uri": 5}, {"uri": "file:///w"}],
            processId="x",
        )  # fmt: skip
        assert result["capabilities"]["positionEncoding"] == "utf-32"
        assert "completionProvider" not in result["capabilities"]


BODIES = [
    (b"nonsense", None, -32700),
    (b"\xff", None, -32700),
    (b'{"id":NaN}', None, -32700),
    (b"[" * 200_000, None, -32700),
    (b"[]", None, -32600),
    (b"5", None, -32600),
    (b'{"jsonrpc":"2.0","id":"k"}', "k", -32600),
    (b'{"jsonrpc":"2.0","id":{"a":1},"method":"shutdown"}', None, -32600),
    (b'{"jsonrpc":"2.0","id":true,"method":"shutdown"}', None, -32600),
    (b'{"jsonrpc":"1.0","id":1.5,"method":"shutdown"}', 1.5, -32600),
    (b'{"jsonrpc":"2.0","id":null,"method":"no/such"}', None, -32601),
    (b'{"jsonrpc":"2.0","id":"\\ud800","method":"no/such"}', "\ud800", -32601),
]


def test_what_is_no_request_object_is_answered_by_the_book() -> None:
    with RpcClient() as client:
        client.initialize()
        for body, message_id, code in BODIES:
            client.send_bytes(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            answer = client.until(lambda message: "error" in message)
            assert (answer["id"], code_of(answer)) == (message_id, code)


def test_a_batch_is_answered_in_one_array() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(
            [
                did_open(URI, "#! say hi\n"),
                inline("b1", URI, 1, 0),
                request("b2", "no/such"),
                5,
                notification("no/such"),
            ]
        )
        batch = client.receive()
        assert isinstance(batch, list)
        found = {each["id"]: each for each in batch}
        assert found["b1"]["result"]["items"][0]["insertText"] == "hi"
        assert code_of(found["b2"]) == -32601
        assert code_of(found[None]) == -32600
        assert len(batch) == 3


def test_a_batch_of_notifications_gets_no_answer() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send([notification("a"), notification("b")], request(5, "no/such"))
        assert code_of(client.answer(5)) == -32601
        assert client.unread == []


def test_unknown_notifications_and_files_are_ignored_and_logged_once() -> None:
    with RpcClient() as client:
        client.initialize()
        change = did_change("file:///never/opened.py", 2, insert(0, 0, "x"))
        client.send(*[notification("odd/thing"), notification("$/odd"), change] * 20)
        client.send(inline(5, "file:///never/opened.py", 0, 0))
        assert client.answer(5)["result"] == {"items": []}
        assert client.unread == []
        assert client.log().count("odd/thing") == 1
        assert "$/odd" not in client.log()


def test_an_id_reused_in_flight_gets_an_error_and_the_first_its_answer() -> None:
    with RpcClient() as client:
        client.initialize()
        client.ready()
        client.send(did_open(URI, "#! hold x\n"), inline(7, URI, 1, 0), request(7, "no/such"))
        assert code_of(client.answer(7)) == -32600
        release = {"command": "aicopilot.accept", "arguments": ["release"]}
        client.request("workspace/executeCommand", release)
        assert client.answer(7)["result"]["items"][0]["insertText"] == "x"


def test_a_failing_handler_is_answered_and_says_nothing_of_the_document() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(did_open(URI, "#! raise\ncanary"), inline(7, URI, 1, 0))
        answer = client.answer(7)
        assert code_of(answer) == -32603
        assert "canary" not in json.dumps(answer)
        assert "RuntimeError" in client.log()
        client.send(cancel(7), did_change(URI, 2, {"text": "#! say ok\n"}), inline(8, URI, 1, 0))
        assert client.answer(8)["result"]["items"]


def test_an_edit_that_is_no_request_object_pauses_its_document() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(did_open(URI, "#! say x\n"), did_open(OTHER, "#! say y\n"))
        damaged = did_change(URI, 2, insert(0, 0, "lost"))
        del damaged["jsonrpc"]
        client.send(damaged, inline(1, URI, 1, 0), inline(2, OTHER, 1, 0))
        assert client.answer(1)["result"]["items"] == []
        assert client.answer(2)["result"]["items"]
        client.send({"jsonrpc": "2.0", "metod": "textDocument/didChange"}, inline(3, OTHER, 1, 0))
        assert client.answer(3)["result"]["items"] == []


def test_a_damaged_answer_or_request_pauses_nothing() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(
            did_open(URI, "#! say x\n"), {"jsonrpc": "2.0", "id": 5}, {"id": 6, "method": "a"}
        )
        client.send(inline(1, URI, 1, 0))
        assert client.answer(1)["result"]["items"]


def test_a_request_that_comes_as_a_notification_does_nothing() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(did_open(URI, "#! say x\n"), notification("initialize", {"capabilities": {}}))
        client.send(notification("shutdown"), inline(1, URI, 1, 0))
        assert client.answer(1)["result"]["items"]


def test_nothing_begins_behind_an_exit_in_the_same_batch() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(did_open(URI, "#! hold x\n"), [notification("exit"), inline(1, URI, 1, 0)])
        assert client.wait() == 1
        assert client.unread == []


def test_inv_7_a_method_that_is_a_piece_of_text_is_not_logged() -> None:
    with RpcClient() as client:
        client.initialize()
        client.send(notification("def canary(): pass"), notification("odd/thing"))
        client.settle()
        assert "canary" not in client.log()
        assert "odd/thing" in client.log()


@pytest.mark.skipif(os.name != "posix", reason="O_NONBLOCK")
def test_an_input_that_does_not_block_is_read_to_its_end() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with RpcClient(stdin=reading) as client:
        os.close(reading)
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            pipe.write(frame(request(1, "shutdown")))
            assert code_of(client.answer(1)) == -32002
            pipe.write(frame(request(2, "shutdown")))
            assert code_of(client.answer(2)) == -32002
        assert client.wait() == 0


@pytest.mark.parametrize(
    ("ghost", "options", "offered"),
    [
        (True, {"completion": {"completionItems": "always"}}, True),
        (True, {"aicopilot": {"completion": {"completion_items": "always"}}}, True),
        (False, {"completion": {"completionItems": "never"}}, False),
        (False, {"aicopilot": {"completion": {"completion_items": "never"}}}, False),
        (False, {"completion": {"completionItems": ["never"]}}, True),
        (False, {"completion": None}, True),
    ],
)
def test_items_are_offered_as_the_options_say_however_they_are_spelled(
    ghost: bool, options: object, offered: bool
) -> None:
    with RpcClient() as client:
        result = client.initialize(
            capabilities=INLINE if ghost else {}, initializationOptions=options
        )
        assert ("completionProvider" in result["capabilities"]) == offered
