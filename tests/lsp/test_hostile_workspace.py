"""INV-6 through a real server: a hostile workspace gains nothing by being opened and typed in."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.hostile_workspaces import BUILDERS, HOSTILE, write_hostile
from tests.support.rpc_client import RpcClient, did_open, inline, notification

_STARTS = ("subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "pty.")
_TALKS = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo")
_CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.symlink")
_IGNORE_FILES = {".gitignore", ".aicopilotignore", ".git", "info", "exclude"}
_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@pytest.mark.skipif(os.name != "posix", reason="links, FIFOs")
def test_inv_6_opening_hostile_workspaces_reads_options_and_ignore_files_and_does_nothing_else(
    tmp_path: Path,
) -> None:
    folders = [_workspace(tmp_path, text) for text in HOSTILE.values()]
    for number, build in enumerate(BUILDERS.values()):
        folders.append(tmp_path / f"built {number}")
        folders[-1].mkdir()
        build(folders[-1] / ".aicopilot.toml")
    state = tmp_path / "state"
    events = tmp_path / "events"
    command = (sys.executable, "-m", "tests.support.audited_server", str(events))
    with RpcClient(command, state_dir=state) as client:
        client.initialize(
            workspaceFolders=[{"uri": each.as_uri(), "name": "w"} for each in folders]
        )
        for number, folder in enumerate(folders):
            uri = (folder / "a.py").as_uri()
            client.send(did_open(uri, "def f(a, b):\n    return "))
            client.send(inline(number, uri, 1, 11, kind=1))
            client.answer(number)
            client.send(notification("textDocument/didSave", {"textDocument": {"uri": uri}}))
        asked = [("aicopilot.whyNothing", uri), ("aicopilot.explain", uri)]
        for command_name, argument in (*asked, ("aicopilot.accept", "s1")):
            params = {"command": command_name, "arguments": [argument]}
            client.request("workspace/executeCommand", params)
        assert client.stop() == 0

    seen = [json.loads(line) for line in events.read_text().splitlines()]
    assert [each for each in seen if each[0].startswith((*_STARTS, *_TALKS))] == []
    inside = [each for each in seen if _names_a_place(each, tmp_path, state)]
    assert len(inside) >= len(HOSTILE)
    assert [each for each in inside if not _only_reads_options(each, folders)] == []
    assert {each[1][0] for each in seen if _is_relative(each)} <= _IGNORE_FILES
    assert [each for each in seen if _writes(each) and not each[1][0].startswith(str(state))] == []


def _workspace(parent: Path, text: str | bytes) -> Path:
    root = parent / f"workspace {len(list(parent.iterdir()))}"
    root.mkdir()
    write_hostile(root, text)
    (root / "a.py").write_text("x = 1\n")
    return root


def _names_a_place(event: list[object], place: Path, but_not: Path) -> bool:
    _, arguments = event
    assert isinstance(arguments, list)
    return any(str(place) in each and str(but_not) not in each for each in arguments)


def _only_reads_options(event: list[object], folders: list[Path]) -> bool:
    """Options are opened as files; of ignore files the folder is opened, without links, and they
    from there."""
    name, arguments = event
    assert isinstance(arguments, list)
    if name != "open" or _writes(event):
        return False
    if Path(arguments[0]) in folders:
        return int(arguments[2]) & _FOLDER == _FOLDER
    return Path(arguments[0]).name == ".aicopilot.toml"


def _is_relative(event: list[object]) -> bool:
    name, arguments = event
    assert isinstance(arguments, list)
    return name == "open" and not arguments[0].isdecimal() and not Path(arguments[0]).is_absolute()


def _writes(event: list[object]) -> bool:
    name, arguments = event
    assert isinstance(name, str)
    assert isinstance(arguments, list)
    if name == "open":
        return arguments[0] != os.devnull and bool(int(arguments[2]) & _WRITING)
    return name.startswith(_CHANGES)
