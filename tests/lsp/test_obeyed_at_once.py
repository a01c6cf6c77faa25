"""What is excluded by a message holds for the request in the message behind it."""

import json
from pathlib import Path

import pytest

from tests.support.rpc_client import (
    INLINE,
    Message,
    RpcClient,
    did_open,
    inline,
    notification,
)

EXCLUDE = '[completion]\nexclude = ["secrets/"]\n'
PUSHED = {"settings": {"aicopilot": {"completion": {"exclude": ["secrets/"]}}}}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "w"
    folder.mkdir()
    return folder


def excluded_at(client: RpcClient) -> list[str]:
    """What the engine's settings exclude, for each request that it was asked."""
    trace = (client.state_dir / "trace").read_text().splitlines()
    return [line.split(" exclude=")[1].split(" ")[0] for line in trace if line.startswith("asked")]


def tracing(tmp_path: Path) -> RpcClient:
    return RpcClient(
        state_dir=tmp_path / "state", env={"SCRIPTED_TRACE": str(tmp_path / "state" / "trace")}
    )


def ask(client: RpcClient, workspace: Path, *before: Message) -> str:
    uri = (workspace / "secrets" / "a.py").as_uri()
    client.send(*before, did_open(uri, "#! say x\n"), inline("asked", uri, 1, 0, kind=1))
    assert client.answer("asked")["result"]["items"]
    return excluded_at(client)[-1]


@pytest.fixture
def client(tmp_path: Path, workspace: Path) -> RpcClient:
    (tmp_path / "state").mkdir()
    return tracing(tmp_path)


def test_the_file_of_a_folder_that_is_added(client: RpcClient, workspace: Path) -> None:
    (workspace / ".aicopilot.toml").write_text(EXCLUDE)
    event = {"added": [{"uri": workspace.as_uri(), "name": "w"}], "removed": []}
    with client:
        client.initialize()
        client.ready()
        change = notification("workspace/didChangeWorkspaceFolders", {"event": event})
        assert ask(client, workspace, change) == "secrets/"


def test_settings_that_are_pushed(client: RpcClient, workspace: Path) -> None:
    with client:
        client.initialize(rootUri=workspace.as_uri())
        client.ready()
        change = notification("workspace/didChangeConfiguration", PUSHED)
        assert ask(client, workspace, change) == "secrets/"


def test_settings_that_are_asked_for(client: RpcClient, workspace: Path) -> None:
    with client:
        client.initialize(capabilities={**INLINE, "workspace": {"configuration": True}})
        answer_settings(client, None)
        client.ready()
        uri = (workspace / "secrets" / "a.py").as_uri()
        client.send(
            notification("workspace/didChangeConfiguration", {"settings": None}),
            did_open(uri, "#! say x\n"),
            inline("asked", uri, 1, 0, kind=1),
        )
        answer_settings(client, PUSHED["settings"]["aicopilot"])
        assert client.answer("asked")["result"]["items"]
        assert excluded_at(client)[-1] == "secrets/"


def answer_settings(client: RpcClient, settings: object) -> None:
    asked = client.until_method("workspace/configuration")
    client.send({"jsonrpc": "2.0", "id": asked["id"], "result": [settings]})


@pytest.mark.parametrize("method", ["textDocument/didSave", "workspace/didChangeWatchedFiles"])
def test_a_file_that_is_saved(client: RpcClient, workspace: Path, method: str) -> None:
    file = workspace / ".aicopilot.toml"
    with client:
        result = client.initialize(rootUri=workspace.as_uri())
        assert result["capabilities"]["textDocumentSync"]["save"] == {"includeText": False}
        client.ready()
        assert ask(client, workspace) == ""
        file.write_text(EXCLUDE)
        params = {
            "textDocument/didSave": {"textDocument": {"uri": file.as_uri()}},
            "workspace/didChangeWatchedFiles": {"changes": [{"uri": file.as_uri(), "type": 2}]},
        }
        assert ask(client, workspace, notification(method, params[method])) == "secrets/"


def test_saving_any_other_file_reads_nothing(client: RpcClient, workspace: Path) -> None:
    with client:
        client.initialize(rootUri=workspace.as_uri())
        client.ready()
        (workspace / ".aicopilot.toml").write_text(EXCLUDE)
        saved = {"textDocument": {"uri": (workspace / "a.py").as_uri()}}
        assert ask(client, workspace, notification("textDocument/didSave", saved)) == ""


def test_a_client_that_can_watch_files_is_asked_to_watch_ours(client: RpcClient) -> None:
    watching = {"didChangeWatchedFiles": {"dynamicRegistration": True}}
    with client:
        client.initialize(capabilities={**INLINE, "workspace": watching})
        asked = client.until_method("client/registerCapability")
        client.send({"jsonrpc": "2.0", "id": asked["id"], "result": None})
        assert "**/.aicopilot.toml" in json.dumps(asked["params"])
