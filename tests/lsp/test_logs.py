"""INV-7: source text, prompts and keys never reach a log, at any level, also when things fail."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from aicopilot_lsp.lsp import logs
from tests.support.rpc_client import (
    INLINE,
    SCRIPTED,
    RpcClient,
    did_change,
    did_open,
    inline,
    insert,
    request,
)

CANARY = "kanarienvogel"
URI = "file:///w/a.py"


@pytest.mark.parametrize("level", ["debug", "info"])
def test_inv_7_a_canary_in_documents_keys_and_broken_messages_is_not_logged(
    level: str, tmp_path: Path
) -> None:
    options = {"models": [{"provider": "x", "api_key": CANARY, "headers": {"a": CANARY}}],
               CANARY: CANARY, "completion": {"debounce_ms": CANARY}}  # fmt: skip
    with RpcClient((*SCRIPTED, level), state_dir=tmp_path) as client:
        client.initialize(initializationOptions=options, clientInfo={"name": CANARY})
        client.ready()
        client.send(
            did_open(URI, f"#! say {CANARY}\n#! raise\n{CANARY}"),
            inline("shown", URI, 0, 1),
            did_change(URI, 2, insert(2, 0, CANARY)),
            request(CANARY, "textDocument/inlineCompletion", {"textDocument": CANARY}),
            request(7, "textDocument/inlineCompletion", {"textDocument": {"uri": [CANARY]}}),
            did_change(URI, 3, {"range": CANARY, "text": CANARY}),
            did_open(URI, f"#! raise\n{CANARY}"),
            inline("raises", URI, 1, 0),
            request("why", "workspace/executeCommand", {"command": CANARY}),
            [CANARY, {CANARY: CANARY}],
        )
        client.send_bytes(f"Content-Length: 20\r\n\r\n{CANARY}-{CANARY}".encode())
        assert client.answer("raises")["error"]["code"] == -32603
        client.settle()
        assert client.stop() == 0
        assert client.stderr() == ""
        log = client.log()
    assert CANARY not in log
    assert "RuntimeError" in log


@pytest.mark.parametrize(
    "answer", [{"result": {"success": True}}, {"error": {"code": 1, "message": CANARY}}]
)
def test_inv_7_an_explanation_reaches_its_user_and_no_log(
    answer: dict[str, object], tmp_path: Path
) -> None:
    window = {"window": {"showDocument": {"support": True}}}
    with RpcClient((*SCRIPTED, "debug"), state_dir=tmp_path) as client:
        client.initialize(capabilities={**INLINE, **window})
        client.ready()
        client.send(did_open(URI, f"#! say {CANARY}\n{CANARY}"), inline("shown", URI, 1, 0))
        client.answer("shown")
        params = {"command": "aicopilot.explain", "arguments": [URI, True]}
        page = client.request("workspace/executeCommand", params)
        assert f"PROMPT\n#! say {CANARY}" in page
        asked = client.until_method("window/showDocument")
        client.send({"jsonrpc": "2.0", "id": asked["id"], **answer})
        client.settle()
        assert client.stop() == 0
        assert client.stderr() == ""
        assert CANARY not in client.log()
    holding = [path for path in tmp_path.rglob("*") if path.is_file() and _holds_canary(path)]
    assert holding == [tmp_path / "explain" / "explanation.md"]


def _holds_canary(path: Path) -> bool:
    return CANARY.encode() in path.read_bytes()


def test_a_log_file_is_its_owners_only(tmp_path: Path) -> None:
    with RpcClient(state_dir=tmp_path) as client:
        client.initialize()
        client.stop()
    (found,) = (tmp_path / "logs").iterdir()
    if os.name == "posix":
        assert stat.S_IMODE(found.stat().st_mode) == 0o600
        assert stat.S_IMODE(found.parent.stat().st_mode) == 0o700


def test_a_state_directory_that_can_not_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    with RpcClient(env={"AICOPILOT_STATE_DIR": str(tmp_path / "state")}) as client:
        client.initialize()
        assert client.stop() == 0
        assert client.stderr() == ""


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.raiseExceptions
    ours = logging.getLogger(logs.PACKAGE).level
    path = logs.set_up(tmp_path / "logs", "debug")
    assert path is not None
    yield path
    for handler in root.handlers:
        handler.close()
    root.handlers[:], root.level, logging.raiseExceptions = before
    logging.getLogger(logs.PACKAGE).setLevel(ours)


def test_other_packages_lose_their_arguments_and_what_they_say_below_warning(
    log_file: Path,
) -> None:
    logging.getLogger("pygls.protocol").info("Sending data: %s", CANARY)
    logging.getLogger("httpx").warning("HTTP Request: %s", CANARY)
    logging.getLogger("asyncio").error(CANARY)
    text = log_file.read_text()
    assert CANARY not in text
    assert "HTTP Request: %s" in text
    assert "Sending data" not in text
    assert "(text withheld)" in text


def test_an_exception_is_logged_by_type_and_place(log_file: Path) -> None:
    def fail() -> None:
        raise KeyError(CANARY) from ValueError(CANARY)

    try:
        fail()
    except KeyError:
        logging.getLogger("aicopilot_lsp.test").exception("failed")
    text = log_file.read_text()
    assert CANARY not in text
    assert "builtins.KeyError" in text
    assert "builtins.ValueError" in text
    assert "test_logs.py:" in text


def test_old_log_files_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(30):
        (folder / f"lsp-2000{number:02}-1.log").touch()
    with RpcClient(state_dir=tmp_path) as client:
        client.initialize()
        client.stop()
    assert len(list(folder.iterdir())) == 10
