"""INV-7 over the whole program: a real server with a key of each kind, at the highest log level.

tests/support/canary.py looks at every message to the client, the log files and standard error.
"""

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.models.keystore import KeyStore, Place, origin_of
from tests.cli.conftest import scripted_model, write_config
from tests.support.canary import new_key
from tests.support.rpc_client import RpcClient, did_open, inline

_URI = "file:///project/a.py"
_REAL = (sys.executable, "-m", "aicopilot_lsp", "--log-level", "debug")


@pytest.fixture
def key() -> str:
    return new_key()


@pytest.fixture
def url(tmp_path: Path, key: str) -> Iterator[str]:
    with scripted_model(tmp_path, {"key": key, "default": {"text": " a + b\nnext"}}) as at:
        yield at


def declare(how: str, key: str, url: str, folder: Path) -> tuple[str, dict[str, str]]:
    """Lines of the model's table, and variables of the server's environment."""
    match how:
        case "variable":
            return 'api_key_env = "TEST_KEY"', {"TEST_KEY": key}
        case "file":
            (folder / "key").touch(0o600)
            (folder / "key").write_text(key)
            return 'api_key_file = "key"', {}
        case "stored":
            KeyStore(folder / "keys").put(origin_of(url), "scripted", Secret(key), Place.FILE)
        case "header":
            return f'headers = {{ authorization = "Bearer {key}" }}', {}
        case "in the configuration":
            return f'api_key = "{key}"', {}
    return "", {}


_WAYS = ("variable", "file", "stored", "header", "in the configuration")


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("how", _WAYS)
def test_inv_7_no_key_is_in_a_message_a_log_or_the_process_table(
    tmp_path: Path, url: str, key: str, how: str, right: bool
) -> None:
    config = tmp_path / "config.toml"
    more, variables = declare(how, key if right else new_key(), url, tmp_path)
    write_config(config, url, more=more)
    config.chmod(stat.S_IRUSR | stat.S_IWUSR)
    environment = {"AICOPILOT_CONFIG": str(config), **variables}
    with RpcClient(_REAL, env=environment, state_dir=tmp_path / "state") as client:
        client.initialize()
        client.send(did_open(_URI, "def add(a, b):\n    return"), inline("1", _URI, 1, 10, kind=1))
        answer = client.answer("1")
        assert "result" in answer, answer
        result = answer["result"]
        said = client.request(
            "workspace/executeCommand", {"command": "aicopilot.whyNothing", "arguments": [_URI]}
        )
        processes = [psutil.Process(client.process.pid)]
        processes += processes[0].children(recursive=True)
        for process in processes:
            assert key not in " ".join(process.cmdline())
            assert key not in " ".join({**process.environ(), "TEST_KEY": ""}.values())
        client.stop()
        log = client.log()
        client.stderr()
    assert "outcome=" in log
    if right:
        assert [item["insertText"] for item in result["items"]] == [" a + b"]
    else:
        assert "outcome=model_error reason=auth" in log
        assert "key" in str(said)
    for path in (tmp_path / "state").rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path
