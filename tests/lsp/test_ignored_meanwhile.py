"""A file that is ignored from some moment on, after a model has read of it."""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import scripted_model, write_config
from tests.support.rpc_client import RpcClient, did_change, did_open, inline, insert

_COMMAND = (sys.executable, "-m", "aicopilot_lsp")
_MORE = "[completion]\nread_ahead_ms = 0\ndebounce_ms = 0\n[context]\nbudget_ms = 5_000\n"
_TEXT = "from ledger import LedgerBook\n\n\ndef close(book: LedgerBook):\n    book.\n"
_SHOWN = "def settle_balance(self, until: str)"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[RpcClient]:
    config = tmp_path / "config.toml"
    with scripted_model(tmp_path, {"default": {"text": "settle(1)\nnext"}}) as url:
        write_config(config, url, more=_MORE)
        environment = {"AICOPILOT_CONFIG": str(config)}
        with RpcClient(_COMMAND, env=environment, state_dir=tmp_path / "state") as client:
            yield client


def test_what_a_model_has_read_of_it_is_shown_to_it_no_more(
    tmp_path: Path, client: RpcClient
) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "ledger.py").write_text(f"class LedgerBook:\n    {_SHOWN}: ...\n")
    (project / "app.py").write_text(_TEXT)
    uri = (project / "app.py").as_uri()
    client.initialize(workspaceFolders=[{"uri": project.as_uri(), "name": "project"}])
    client.ready()
    client.send(did_open(uri, _TEXT))
    versions = itertools.count(2)

    def page() -> str:
        """Of one more request at this place, where no earlier suggestion serves."""
        version = next(versions)
        client.send(did_change(uri, version, insert(1, 0, "#")), inline(str(version), uri, 4, 9))
        assert "result" in client.answer(str(version))
        params = {"command": "aicopilot.explain", "arguments": [uri]}
        return str(client.request("workspace/executeCommand", params))

    while _SHOWN not in page():  # until it is indexed
        pass
    (project / ".aicopilotignore").write_text("ledger.py\n")
    while _SHOWN in page():
        pass
    assert _SHOWN not in page()
