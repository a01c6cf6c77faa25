"""The server's life as the editor sees it: roots, what is served, failure, being turned off."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Open, Scripted
from tests.support.neovim import Neovim
from tests.support.scripted_lsp import says

pytestmark = pytest.mark.editor


def _status(editor: Neovim) -> str:
    return str(editor.lua("return require('aicopilot').status()"))


def opening(server: Scripted) -> dict[str, Any]:
    """The parameters of the only `initialize` so far."""
    (message,) = server.received("initialize")
    params: dict[str, Any] = message["params"]
    return params


def test_inline_completion_and_init_options_are_declared(open_file: Open, server: Scripted) -> None:
    open_file(options="init_options = { models = { 'x' } }")
    params = opening(server)
    assert params["capabilities"]["textDocument"]["inlineCompletion"] is not None
    assert params["initializationOptions"] == {"models": ["x"]}


def test_the_repository_is_the_root_rather_than_a_package_in_it(
    open_file: Open, server: Scripted, tmp_path: Path
) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "package").mkdir()
    (tmp_path / "repo" / "package" / "pyproject.toml").touch()
    editor = open_file(name="repo/package/a.py")
    assert opening(server)["rootUri"] == (tmp_path / "repo").as_uri()
    editor.edit(tmp_path / "repo" / "b.py")
    editor.until_attached()
    assert len(server.received("initialize")) == 1


def test_a_file_outside_any_project_is_served_by_itself(
    open_file: Open, server: Scripted, tmp_path: Path
) -> None:
    server.say([says("a", {"text": "bc"})])
    editor = open_file()
    assert opening(server)["rootUri"] is None
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("<Esc>")
    editor.until_ghost(None)
    editor.api.command("write")
    editor.edit(tmp_path / "other.txt")
    editor.until_attached()
    assert len(server.received("initialize")) == 1


def test_only_the_chosen_file_types_are_served(
    open_file: Open, server: Scripted, tmp_path: Path
) -> None:
    editor = open_file(name="a.py", options="filetypes = { 'python' }")
    editor.edit(tmp_path / "b.txt")
    assert editor.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 0
    editor.type("ia<Tab>b")
    editor.until_lines(["a\tb"])


def test_help_and_other_special_buffers_are_not_served(open_file: Open) -> None:
    editor = open_file()
    editor.api.command("help")
    assert editor.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 0


def test_a_server_that_dies_leaves_the_buffer_usable_and_says_so_once(
    open_file: Open, server: Scripted, tmp_path: Path
) -> None:
    server.say([says("a", {"text": "bc"}), {"at": "ax", "exit": 3}])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("x")
    editor.until(lambda: "aicopilot:" in editor.messages())
    said = "aicopilot: server died (code 3), editing goes on; :AicopilotStatus"
    assert editor.messages() == said
    editor.type("y<Tab>z<Esc>")
    editor.until_lines(["axy\tz"])
    editor.api.command("write")
    editor.edit(tmp_path / "other.txt")
    editor.type("ib<Esc>")
    editor.until_lines(["b"])
    assert editor.messages().count("aicopilot") == 1
    assert "quit with exit code" not in editor.messages()  # what Neovim says by itself
    assert len(server.received("initialize")) == 1
    status = _status(editor)
    assert "the server died (code 3) and may have said why in" in status
    assert ":AicopilotEnable tries again" in status

    editor.api.command("AicopilotEnable")
    editor.until(lambda: _status(editor).startswith("running ("))
    editor.type("Sa")
    editor.until_ghost("bc")


def test_a_server_that_is_killed_is_noticed(open_file: Open, server: Scripted) -> None:
    editor = open_file()
    pid = editor.lua("return vim.api.nvim_get_proc_children(vim.fn.getpid())")[0]
    editor.lua(f"vim.uv.kill({pid}, {int(signal.SIGKILL)})")
    editor.until(lambda: "server died (signal 9)" in editor.messages())


def test_a_missing_program_is_said_once(editor: Neovim, tmp_path: Path) -> None:
    editor.setup("{ cmd = { 'no-such-aicopilot' } }")
    for name in ("a.txt", "b.txt"):
        editor.edit(tmp_path / name)
    editor.until(lambda: editor.messages().count("aicopilot: server not found"), 1)
    assert "no-such-aicopilot" in _status(editor)
    editor.type("ia<Tab>b")
    editor.until_lines(["a\tb"])


def test_disabling_ends_the_server_and_enabling_starts_one(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("a", {"text": "bc"})])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("<Cmd>AicopilotDisable<CR>")
    editor.until_ghost(None)
    editor.until(lambda: len(server.received("exit")), 1)
    assert "disabled" in _status(editor)
    editor.type("<Esc>Sa<Tab>")
    editor.until_lines(["a\t"])
    editor.type("<Esc>")
    editor.api.command("AicopilotEnable")
    editor.until(lambda: _status(editor).startswith("running ("))
    editor.type("Sa")
    editor.until_ghost("bc")
    assert len(server.received("initialize")) == 2
    assert editor.messages().strip() == ""


def test_enabling_right_after_disabling_starts_a_new_server(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("a", {"text": "bc"})])
    editor = open_file()
    editor.lua("vim.cmd.AicopilotDisable() vim.cmd.AicopilotEnable()")
    editor.until(lambda: len(server.received("initialize")), 2)
    editor.until(lambda: len(server.received("exit")), 1)
    editor.until(lambda: _status(editor).startswith("running ("))
    editor.type("ia")
    editor.until_ghost("bc")


def test_the_status_tells_root_and_encoding(open_file: Open) -> None:
    editor = open_file()
    editor.api.command("AicopilotStatus")
    assert _status(editor) == "running (single files, utf-16)"


def test_an_unknown_option_is_named(editor: Neovim) -> None:
    editor.setup("{ cmd = { 'true' }, debounce = 5, keys = { acept = '<C-l>' } }")
    assert 'unknown option "debounce"' in editor.messages()
    assert 'unknown option "acept"' in editor.messages()
