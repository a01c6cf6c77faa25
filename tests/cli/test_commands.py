"""The other commands: help that teaches, one line for a bad argument, what doctor finds."""

import shutil

import pytest

from tests.cli.conftest import Cli

COMMANDS = ["serve", "complete", "model", "doctor", "config", "plugins"]


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


@pytest.mark.parametrize("arguments", [("--nosuch",), ("nosuch",), ("doctor", "--nosuch")])
def test_a_bad_argument_gets_one_line(cli: Cli, arguments: tuple[str, ...]) -> None:
    done = cli.run(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "--help" in done.stderr


def test_version_is_printed(cli: Cli) -> None:
    assert cli.run("--version").stdout.startswith("aicopilot-lsp 0.")


def test_doctor_asks_for_a_real_answer_and_lists_the_hosts(cli: Cli, model_url: str) -> None:
    found = cli.json("doctor", "--json", "--root", cli.folder)
    assert found["provider"] == "llama.cpp"
    assert found["test answer"] == "a + b"
    assert found["hosts contacted"] == [model_url.removeprefix("http://")] or (
        model_url in found["hosts contacted"]
    )
    assert found["advice"] == []
    assert "All is well." in cli.run("doctor", "--root", cli.folder).stdout


def test_doctor_says_what_to_do_when_nothing_is_installed(cli: Cli) -> None:
    cli.config.unlink()
    done = cli.run("doctor", "--root", cli.folder)
    assert done.returncode == 1
    assert "aicopilot model pull" in done.stdout


def test_inv_8_the_state_directory_may_be_deleted_at_any_time(cli: Cli) -> None:
    file = cli.file("a.py", "def add(a, b):\n    return")
    for _ in range(2):
        assert cli.run("complete", file).stdout == " a + b\n"
        shutil.rmtree(cli.folder / "state", ignore_errors=True)


def test_plugins_names_what_is_active(cli: Cli) -> None:
    listed = cli.run("plugins").stdout
    assert "embedded" in listed
    assert "aicopilot-lsp" in listed
