"""What our server has to say, in Neovim: on one line, so that the editor never stops for ENTER."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.neovim import Neovim

pytestmark = pytest.mark.editor

WHY_NOTHING = """
local params = { command = 'aicopilot.whyNothing', arguments = { vim.uri_from_bufnr(0) } }
local client = vim.lsp.get_clients({ bufnr = 0 })[1]
return client:request_sync('workspace/executeCommand', params, 10000, 0).result
"""
SERVE = f"{{ '{Path(sys.executable).parent / 'aicopilot'}', 'serve' }}"


def test_without_a_model_the_user_is_told_how_to_get_one_and_can_type_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_neovim: Callable[..., Neovim]
) -> None:
    neovim = serving(start_neovim, tmp_path, monkeypatch)
    assert ":AicopilotStatus" in neovim.messages()
    assert len(neovim.messages()) < 80
    neovim.type("ix = 1")
    neovim.until_lines(["x = 1"])


def test_a_request_is_explained_in_a_buffer_that_is_no_file_and_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_neovim: Callable[..., Neovim]
) -> None:
    neovim = serving(start_neovim, tmp_path, monkeypatch)
    neovim.type("ix = 1")
    neovim.until(lambda: "aicopilot model pull" in str(neovim.lua(WHY_NOTHING)))
    neovim.type("<Esc>")
    for _ in range(2):  # the second page takes the place of the first
        neovim.api.command("AicopilotExplain")
        neovim.until(lambda: neovim.lines()[0], "# This suggestion explained")
        assert "aicopilot model pull" in "\n".join(neovim.lines())
        assert neovim.lua("return { vim.bo.buftype, vim.bo.filetype, vim.bo.modifiable }") == [
            "nofile",
            "markdown",
            False,
        ]
        assert neovim.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 0
        assert neovim.lua("return #vim.api.nvim_list_wins()") == 2
        neovim.api.command("wincmd p")
        assert neovim.lines() == ["x = 1"]


def test_where_no_server_can_be_asked_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_neovim: Callable[..., Neovim]
) -> None:
    neovim = serving(start_neovim, tmp_path, monkeypatch)
    neovim.api.command("enew")
    neovim.api.command("AicopilotExplain")
    assert "running, but not for this buffer" in neovim.messages()


def serving(
    start_neovim: Callable[..., Neovim], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Neovim:
    """An editor with an empty file and our server, which has no model and has said so."""
    for name in ("CACHE_DIR", "STATE_DIR"):
        monkeypatch.setenv(f"AICOPILOT_{name}", str(tmp_path / name.lower()))
    (tmp_path / "none.toml").touch()
    monkeypatch.setenv("AICOPILOT_CONFIG", str(tmp_path / "none.toml"))
    neovim = start_neovim()
    path = tmp_path / "a.py"
    path.write_text("")
    neovim.setup(f"{{ cmd = {SERVE} }}")
    neovim.edit(path)
    neovim.until_attached()
    neovim.until(lambda: "aicopilot model pull" in status(neovim))
    return neovim


def status(neovim: Neovim) -> str:
    return str(neovim.lua("return require('aicopilot').status()"))
