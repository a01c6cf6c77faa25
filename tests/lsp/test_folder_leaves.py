"""A folder that leaves the workspace takes with it all that was begun for it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import scripted_model, write_config
from tests.support.rpc_client import RpcClient, did_open, inline

_COMMAND = (sys.executable, "-m", "aicopilot_lsp")
_TEXT = "from stock import take_stock\n\ncount = take\n"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[RpcClient]:
    config = tmp_path / "config.toml"
    with scripted_model(tmp_path, {"default": {"text": "_stock(1)\nnext"}}) as url:
        write_config(config, url, more="[completion]\nread_ahead_ms = 50\n")
        environment = {"AICOPILOT_CONFIG": str(config)}
        with RpcClient(_COMMAND, env=environment, state_dir=tmp_path / "state") as client:
            yield client


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells what is open")
def test_of_a_folder_that_is_removed_no_process_and_no_open_file_is_left(
    tmp_path: Path, client: RpcClient
) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "stock.py").write_text("def take_stock(shelf): ...\n")
    folder, uri = {"uri": project.as_uri(), "name": "project"}, (project / "app.py").as_uri()
    client.initialize(workspaceFolders=[folder])
    client.ready()
    client.send(did_open(uri, _TEXT))
    server, index = psutil.Process(client.process.pid), tmp_path / "state" / "index"
    while not _databases(index):  # the worker has made it
        pass
    client.send(inline("1", uri, 2, 12, kind=1))
    assert "result" in client.answer("1")
    while not _opened(server, index):  # a thread reads it, for this request or in the rest after it
        pass
    client.notify(
        "workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [folder]}}
    )
    client.send(inline("2", uri, 2, 12, kind=1))
    assert "result" in client.answer("2")
    while _opened(server, index) or server.children():
        pass
    assert _databases(index)  # it is what it was, should the folder come again


def _databases(index: Path) -> list[Path]:
    return [one for one in index.glob("*.sqlite3") if one.stat().st_size]


def _opened(server: psutil.Process, index: Path) -> list[str]:
    return [one.path for one in server.open_files() if Path(one.path).is_relative_to(index)]
