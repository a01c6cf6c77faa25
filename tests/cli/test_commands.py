"""The other commands: help that teaches, one line for a bad argument, what doctor finds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aicopilot_lsp import __version__
from tests.cli.conftest import Cli

COMMANDS = ["serve", "complete", "explain", "index", "model", "doctor", "config", "key", "plugins"]


def test_help_names_every_command_and_the_first_steps(cli: Cli) -> None:
    done = cli.run("--help")
    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    commands = done.stdout.partition("Commands:")[2]
    assert "..." not in commands  # no explanation is cut short
    assert "aicopilot model pull" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(cli: Cli, command: str) -> None:
    done = cli.run(command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 5


@pytest.mark.parametrize(
    "arguments",
    [
        ("--nosuch",),
        ("nosuch",),
        ("--stdio", "doctor"),
        ("serve", "--nosuch"),
        ("serve", "nosuch"),
        ("serve", "--log-level", "loud"),
        ("serve", "--conf", "a.toml"),
        ("--log-level", "loud"),
        *((command, "--nosuch") for command in COMMANDS),
        ("plugins", "nosuch"),
        ("model", "nosuch"),
    ],
)
def test_a_bad_argument_gets_one_line(cli: Cli, arguments: tuple[str, ...]) -> None:
    done = cli.run(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "--help" in done.stderr


def test_version_is_printed(cli: Cli) -> None:
    assert cli.run("--version").stdout.startswith("aicopilot-lsp 0.")


@pytest.mark.parametrize(
    "arguments", [(), ("--stdio",), ("--log-level", "debug"), ("serve", "--stdio")]
)
def test_serve_is_the_default(cli: Cli, arguments: tuple[str, ...]) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}
    body = json.dumps(asked).encode()
    done = subprocess.run(
        [sys.executable, "-m", "aicopilot_lsp", *arguments, "--config", cli.config],
        env=cli.environment,
        input=b"Content-Length: %d\r\n\r\n%s" % (len(body), body),
        capture_output=True,
        check=True,
    )
    assert b'"serverInfo"' in done.stdout


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [("plugins",), ("--help",), ("complete", "FILE", "--json")])
def test_a_reader_that_leaves_ends_the_command_quietly(
    cli: Cli, arguments: tuple[str, ...], unbuffered: str
) -> None:
    file = cli.file("a.py", "x =")
    reading, writing = os.pipe()
    os.close(reading)  # as `head -1` does before the second line
    done = subprocess.run(
        [sys.executable, "-m", "aicopilot_lsp"]
        + [str(file) if argument == "FILE" else argument for argument in arguments],
        env={**cli.environment, "PYTHONUNBUFFERED": unbuffered},
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_doctor_asks_for_a_real_answer_and_lists_the_hosts(cli: Cli, model_url: str) -> None:
    found = cli.json("doctor", "--json", "--root", cli.folder)
    assert found["provider"] == "llama.cpp"
    assert found["test answer"] == "a + b"
    assert found["hosts contacted"] == [model_url]
    assert found["advice"] == []
    assert "All is well." in cli.run("doctor", "--root", cli.folder).stdout


def test_doctor_contacts_nobody_when_offline(cli: Cli) -> None:
    assert cli.json("doctor", "--json", "--offline")["hosts contacted"] == []


def test_doctor_says_where_the_log_file_is(cli: Cli) -> None:
    logs = cli.folder / "state" / "logs"
    assert cli.json("doctor", "--json", "--offline")["log files"] == f"{logs} (none yet)"
    cli.run("serve")
    (log,) = logs.iterdir()
    assert cli.json("doctor", "--json", "--offline")["log files"] == str(log)


def test_doctor_says_what_to_do_when_nothing_is_installed(cli: Cli) -> None:
    cli.config.unlink()
    done = cli.run("doctor", "--root", cli.folder)
    assert done.returncode == 1
    assert "aicopilot model pull" in done.stdout
    assert "\nhosts contacted  none\n" in done.stdout


def test_inv_8_the_state_directory_may_be_deleted_at_any_time(cli: Cli) -> None:
    file = cli.file("a.py", "def add(a, b):\n    return")
    for _ in range(2):
        assert cli.run("complete", file).stdout == " a + b\n"
        shutil.rmtree(cli.folder / "state", ignore_errors=True)


def test_plugins_names_what_is_active(cli: Cli) -> None:
    listed = cli.run("plugins").stdout.splitlines()
    rows = [line.split() for line in listed]
    assert ["backends", "llama.cpp", "aicopilot-lsp", __version__, "active"] in rows
    assert ["backends", "embedded", "aicopilot-lsp", __version__, "available"] in rows
    # One model is configured, so one backend is active; filters all are.
    assert [row[1] for row in rows if row[0] == "backends" and row[4] == "active"] == ["llama.cpp"]
    assert {row[4] for row in rows if row[0] == "filters"} == {"active"}
    sources = {row[1]: row[4] for row in rows if row[0] == "sources"}
    assert sources["similar"] == "active"
    assert sources["embeddings"] == "disabled"


def test_plugins_tells_what_the_settings_switch_off(cli: Cli) -> None:
    other = cli.folder / "other.toml"
    other.write_text('[filters]\ndisabled = ["repetition"]\n')
    listed = cli.json("plugins", "--json", "--config", other)
    states = {one["name"]: one["state"] for one in listed}
    assert states.pop("repetition") == "disabled in the settings"
    assert (states["llama.cpp"], states["embedded"]) == ("available", "active")
    filters = {one["name"] for one in listed if one["group"].endswith("filters")}
    assert {states[name] for name in filters - {"repetition"}} == {"active"}


@pytest.fixture
def with_plugins(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of others: a filter that can't be loaded, and one under a name of ours."""
    package = cli.folder / "site" / "others-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(
        "[aicopilot_lsp.filters]\nno-swearing = others.missing:make\nempty = others.missing:make\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(package.parent))


@pytest.mark.usefixtures("with_plugins")
def test_plugins_tells_what_cannot_be_loaded_and_what_is_ignored(cli: Cli) -> None:
    listed = cli.json("plugins", "--json")
    theirs = {one["name"]: one for one in listed if one["distribution"] == "others"}
    assert theirs["empty"]["state"] == "ignored: another part has this name"
    assert theirs["no-swearing"]["state"] == "can't be loaded"
    assert "No module named 'others'" in theirs["no-swearing"]["error"]
    assert "No module named 'others'" in cli.run("plugins").stdout


@pytest.mark.usefixtures("with_plugins")
def test_what_is_listed_is_what_is_done(cli: Cli) -> None:
    file = cli.file("a.py", "x =")
    assert cli.json("complete", file, "--json")["outcome"]["rule"] == "no-swearing"
    cli.config.write_text(f'{cli.config.read_text()}[filters]\ndisabled = ["no-swearing"]\n')
    # Their `empty`, which can't be loaded either, is not asked: the name is ours.
    assert cli.run("complete", file).stdout == " a + b\n"


@pytest.mark.usefixtures("with_plugins")
def test_doctor_says_which_plugin_cannot_be_loaded(cli: Cli) -> None:
    found = cli.json("doctor", "--json", "--offline")
    (advice,) = found["advice"]
    assert "'no-swearing' of others 1.0" in advice
    assert "filters.disabled" in advice


def test_an_output_that_is_full_gets_one_line(cli: Cli) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "aicopilot_lsp", "config", "show"],
            env=cli.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
