"""`aicopilot key`: a key is asked for, kept where only its owner can read it, sent to its own
server, and never shown."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, scripted_model, write_config
from tests.support import canary
from tests.support.canary import new_key
from tests.support.fake_keyring import FILE_VARIABLE


@pytest.fixture
def key() -> str:
    return new_key()


@pytest.fixture
def url(tmp_path: Path, key: str) -> Iterator[str]:
    """A server that serves nobody without the key."""
    folder = tmp_path / "server"
    folder.mkdir()
    with scripted_model(folder, {"key": key, "default": {"text": " a + b\nnext"}}) as at:
        yield at


@pytest.fixture
def locked(tmp_path: Path, url: str) -> Cli:
    """A configuration whose one model, "scripted", is at `url`, on a machine without a keyring."""
    config = tmp_path / "config.toml"
    write_config(config, url)
    return Cli(tmp_path, config, {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"})


@pytest.fixture
def with_keyring(locked: Cli, tmp_path: Path) -> Cli:
    backend = {
        "PYTHON_KEYRING_BACKEND": "tests.support.fake_keyring.FileKeyring",
        FILE_VARIABLE: str(tmp_path / "keyring.json"),
    }
    return replace(locked, more=backend)


def suggestion(cli: Cli) -> tuple[str, str]:
    file = cli.file("a.py", "def add(a, b):\n    return")
    found = cli.json("complete", file, "--json")
    return found["outcome"]["kind"], found["outcome"]["message"] or found["text"]


def test_a_key_set_in_a_file_opens_the_server_and_is_shown_nowhere(
    locked: Cli, url: str, key: str
) -> None:
    assert suggestion(locked)[0] == "model_error"

    done = locked.run_with(f"{key}\n", "key", "set", "scripted", "--file")
    assert (done.returncode, done.stderr) == (0, "")
    files = list((locked.folder / "keys").iterdir())
    assert f"The key for {url} is in the file {files[0]}" in done.stdout
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600]
    assert (locked.folder / "keys").stat().st_mode & 0o777 == 0o700

    assert suggestion(locked) == ("shown", " a + b")
    assert locked.json("key", "list", "--json") == [
        {"model": "scripted", "server": url, "kind": "key file", "state": "there"}
    ]
    for arguments in (("config", "show"), ("doctor",), ("key", "list"), ("complete", "--help")):
        assert key not in locked.run(*arguments).stdout

    assert "is removed" in locked.run("key", "rm", "scripted").stdout
    assert list((locked.folder / "keys").iterdir()) == []
    assert suggestion(locked)[0] == "model_error"


def test_a_key_goes_to_the_keyring_by_default(with_keyring: Cli, url: str, key: str) -> None:
    done = with_keyring.run_with(key, "key", "set", "scripted")
    assert "is in the operating system's keyring" in done.stdout
    entry = next((with_keyring.folder / "keys").iterdir())
    assert key not in entry.read_text()
    assert list(json.loads((with_keyring.folder / "keyring.json").read_text()).values()) == [key]
    assert suggestion(with_keyring) == ("shown", " a + b")
    assert f"{url}  keyring: there" in with_keyring.run("key", "list").stdout
    assert with_keyring.run("key", "rm", "scripted").returncode == 0
    assert json.loads((with_keyring.folder / "keyring.json").read_text()) == {}


def test_without_a_keyring_the_way_around_is_told(locked: Cli, key: str) -> None:
    done = locked.run_with(key, "key", "set", "scripted")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "keyring is not there" in done.stderr
    assert "--file" in done.stderr
    assert not (locked.folder / "keys").exists()


def test_a_key_stays_behind_when_the_url_changes(locked: Cli, key: str, url: str) -> None:
    locked.run_with(key, "key", "set", "scripted", "--file")
    write_config(locked.config, "http://models.invalid:8080")
    outcome, message = suggestion(locked)
    assert outcome == "model_error"
    assert f"was set for {url}" in message
    assert "is not sent there" in message
    listed = locked.json("key", "list", "--json")
    assert [row["server"] for row in listed] == ["http://models.invalid:8080", url]
    assert "is not sent there" in listed[0]["state"]
    # Removed by its name, although the model is elsewhere now.
    assert f"The key for {url} is removed" in locked.run("key", "rm", "scripted").stdout


@pytest.mark.parametrize("typed", ["", "\n", "  \n", "two words\n"])
def test_what_can_be_no_key_is_refused(locked: Cli, typed: str) -> None:
    done = locked.run_with(typed, "key", "set", "scripted", "--file")
    assert done.returncode == 1
    assert "Nothing was stored" in done.stderr
    assert not (locked.folder / "keys").exists()


def test_a_model_that_names_its_key_or_takes_none_is_not_given_one(locked: Cli, key: str) -> None:
    locked.config.write_text(
        '[[models]]\nname = "e"\nprovider = "embedded"\n'
        '[[models]]\nname = "v"\nprovider = "llama.cpp"\nurl = "http://h:1"\napi_key_env = "V"\n'
    )
    for model, words in (
        ("e", "it takes no key"),
        ("v", "comes from the environment variable V"),
        ("x", "has no model of that name. It has: 'e', 'v'"),
    ):
        done = locked.run_with(key, "key", "set", model, "--file")
        assert done.returncode == 1
        assert words in done.stderr
    assert locked.run("key", "rm", "v").returncode == 1
    listed = locked.json("key", "list", "--json")
    assert [(row["model"], row["kind"]) for row in listed] == [("v", "the environment variable V")]
    assert "is not set" in listed[0]["state"]


@pytest.mark.parametrize(
    "arguments",
    [("scripted", "KEY"), ("KEY", "scripted"), ("scripted", "a", "KEY"), ("scripted", "--", "KEY")],
)
def test_a_key_is_not_taken_from_the_command_line(
    locked: Cli, key: str, arguments: tuple[str, ...]
) -> None:
    done = locked.run("key", "set", *(key if each == "KEY" else each for each in arguments))
    assert done.returncode == 2
    assert "keys are never given on the command line" in done.stderr
    assert "shell's history" in done.stderr
    assert key not in done.stdout + done.stderr
    assert not (locked.folder / "keys").exists()


@pytest.mark.parametrize("arguments", ["KEY", "scripted --key KEY", "scripted --key=KEY"])
def test_a_key_in_the_wrong_place_is_not_repeated(locked: Cli, key: str, arguments: str) -> None:
    done = locked.run("key", "set", *arguments.replace("KEY", key).split())
    assert done.returncode in (1, 2)
    assert done.stderr.count("\n") == 1
    assert key not in done.stdout + done.stderr


def test_at_a_terminal_the_key_is_asked_for_and_not_echoed(locked: Cli, key: str) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "aicopilot_lsp", "key", "set", "scripted", "--file"],
        env=locked.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as child:
        os.close(theirs)
        shown = b""
        while b"Key for" not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, key.encode() + b"\n")
        while True:
            try:
                shown += os.read(ours, 1024)
            except OSError:  # the terminal is closed
                break
        assert child.wait(60) == 0
    os.close(ours)
    canary.watch("a terminal", shown)
    assert suggestion(locked) == ("shown", " a + b")
