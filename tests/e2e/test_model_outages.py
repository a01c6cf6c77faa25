"""What an editor sees of the real model's process when that is killed, or has no room to run.

Each time: the request is answered, completions come back by themselves, and the user is told once
of each.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.models.embedded.record import process_dir, read_record
from tests.support.real_model import (
    MODEL_NAME,
    installed_model,
    model_cache_dir,
    model_state_dir,
    stop_process,
)
from tests.support.rpc_client import RpcClient, did_open, inline

__all__ = ["installed_model", "model_cache_dir", "model_state_dir"]
pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]

SERVE = (str(Path(sys.executable).parent / "aicopilot"), "serve")
OPTIONS = {
    "models": [{"name": "embedded", "provider": "embedded", "model": MODEL_NAME}],
    "completion": {"deadline_ms": 120_000, "debounce_ms": 0},
}
SHORT = "def add(a, b):\n    return"
LONG = "".join(f"value_{n} = compute({n}, {n + 1})\n" for n in range(200)) + "total ="
EXPLICIT = 1


@pytest.fixture
def editor(model_cache_dir: Path, model_state_dir: Path) -> Iterator[RpcClient]:
    places = {
        "AICOPILOT_CACHE_DIR": str(model_cache_dir),
        "AICOPILOT_CONFIG": str(model_state_dir / "none.toml"),
    }
    model_state_dir.mkdir()
    (model_state_dir / "none.toml").touch()
    with RpcClient(SERVE, env=places, state_dir=model_state_dir) as client:
        yield client


class Asker:
    """Opens documents one after another and asks for a completion at their end."""

    def __init__(self, client: RpcClient) -> None:
        self.client, self.count = client, 0

    def send(self, text: str) -> str:
        self.count += 1
        uri, name = f"file:///{self.count}.py", f"ask {self.count}"
        last = text.rsplit("\n", maxsplit=1)[-1]
        at = (text.count("\n"), len(last))
        self.client.send(did_open(uri, text), inline(name, uri, *at, kind=EXPLICIT))
        return name

    def suggestions(self, text: str) -> list[str]:
        answer = self.client.answer(self.send(text))
        assert "error" not in answer
        items: list[dict[str, Any]] = (answer["result"] or {"items": []})["items"]
        return [item["insertText"] for item in items]

    def until_back(self) -> list[str]:
        """Ask as a user goes on typing, until there is a suggestion again; `timeout` ends it."""
        while True:
            if found := self.suggestions(SHORT):
                return found


def messages(client: RpcClient) -> list[str]:
    shown = [m for m in client.unread if isinstance(m, dict)]
    return [m["params"]["message"] for m in shown if m.get("method") == "window/showMessage"]


def told_once_each_way(client: RpcClient) -> None:
    said = messages(client)
    assert len(said) == 2, said
    assert said[1] == "aicopilot: The model embedded answers again."


def test_a_model_that_is_killed_in_mid_call_is_told_once_and_comes_back(
    editor: RpcClient, model_state_dir: Path
) -> None:
    editor.initialize(initializationOptions=OPTIONS)
    ask = Asker(editor)
    assert ask.suggestions(SHORT)[0].strip().startswith("a + b")
    asked = ask.send(LONG)
    editor.settle()
    record = read_record(process_dir(model_state_dir))
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)

    answer = editor.answer(asked)
    assert answer["result"] in (None, {"items": []})
    assert ask.until_back()[0].strip().startswith("a + b")
    told_once_each_way(editor)
    assert editor.stop() == 0


def test_a_state_directory_without_room_is_told_once_and_no_more_when_there_is_some(
    editor: RpcClient, model_state_dir: Path
) -> None:
    # A file where the process wants its directory: nothing can be written there, whoever we are.
    process_dir(model_state_dir).write_text("in the way")
    editor.initialize(initializationOptions=OPTIONS)
    ask = Asker(editor)
    assert ask.suggestions(SHORT) == []
    assert ask.suggestions(SHORT) == []
    process_dir(model_state_dir).unlink()
    assert ask.until_back()
    told_once_each_way(editor)


def test_a_full_disk_is_told_once_and_completions_come_back(
    model_cache_dir: Path, tmp_path: Path
) -> None:
    with _small_disk(tmp_path / "disk") as disk:
        filler = disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"x" * 4096)
        places = {
            "AICOPILOT_CACHE_DIR": str(model_cache_dir),
            "AICOPILOT_CONFIG": str(_empty(tmp_path / "none.toml")),
        }
        try:
            with RpcClient(SERVE, env=places, state_dir=disk) as client:
                client.initialize(initializationOptions=OPTIONS)
                ask = Asker(client)
                assert ask.suggestions(SHORT) == []
                filler.unlink()
                assert ask.until_back()
                told_once_each_way(client)
        finally:
            stop_process(disk)


def test_a_model_whose_port_is_refused_is_found_again(
    editor: RpcClient, model_state_dir: Path
) -> None:
    """The note that says where the model answers is stale: nobody listens there."""
    directory = process_dir(model_state_dir)
    directory.mkdir(mode=0o700)
    note = {"pid": os.getpid(), "port": 9, "key": "stale"}
    (directory / "process.json").write_text(json.dumps(note))
    editor.initialize(initializationOptions=OPTIONS)
    assert Asker(editor).until_back()
    if messages(editor):
        told_once_each_way(editor)


@contextlib.contextmanager
def _small_disk(place: Path) -> Iterator[Path]:
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small file system needs rights that this user does not have")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _empty(file: Path) -> Path:
    file.touch()
    return file
