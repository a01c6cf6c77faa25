"""The set-up that editors/neovim/README.md shows, run as it stands there."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Scripted
from tests.support.neovim import PLUGIN, ROOT, Neovim
from tests.support.scripted_lsp import says

pytestmark = pytest.mark.editor

README = (PLUGIN / "README.md").read_text(encoding="utf-8")

# The parts of Neovim 0.12's client that are touched; 0.11 has `vim.lsp.config` and `enable`.
NATIVE_CLIENT = """
_G.native = { suggestions = 0, calls = {} }
vim.lsp.inline_completion = {
  enable = function() table.insert(native.calls, 'enable') end,
  get = function()
    if native.suggestions == 0 then return false end
    native.suggestions = native.suggestions - 1
    table.insert(native.calls, 'get')
    return true
  end,
  select = function(options) table.insert(native.calls, 'select ' .. options.count) end,
}
"""


def block(language: str, number: int = 0) -> str:
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    return blocks[number]


@pytest.fixture
def user(tmp_path: Path, home: Path, server: Scripted, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the repository in ~/src, and a server named `aicopilot` on the PATH."""
    folder = tmp_path / "user"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "aicopilot-lsp").symlink_to(ROOT)
    program = tmp_path / "bin" / "aicopilot"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\n[ "$*" = serve ] && exec {" ".join(server.command)}\n', encoding="utf-8"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_DATA_HOME")
    server.say([says("a", {"text": "bc"})])
    return folder


def see_and_accept(editor: Neovim, path: Path) -> None:
    path.write_text("", encoding="utf-8")
    editor.edit(path)
    editor.until_attached()
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("<Tab>")
    editor.until_lines(["abc"])
    assert editor.messages() == ""


def test_the_set_up_with_packages_works(
    user: Path, start_neovim: Callable[..., Neovim], tmp_path: Path
) -> None:
    subprocess.run(["sh", "-e", "-c", block("sh")], check=True)
    init = tmp_path / "init.lua"
    init.write_text(block("lua", 0), encoding="utf-8")
    see_and_accept(start_neovim(init=init), tmp_path / "note.txt")


def test_the_set_up_with_lazy_works(user: Path, editor: Neovim, tmp_path: Path) -> None:
    editor.api.command(f"set runtimepath-={PLUGIN}")
    run = "local spec = load(...)() vim.opt.rtp:append(vim.fn.expand(spec.dir)) spec.config()"
    editor.lua(run, block("lua", 1))
    see_and_accept(editor, tmp_path / "note.txt")


def test_the_set_up_for_neovim_0_12_starts_the_native_client(
    user: Path, editor: Neovim, server: Scripted, tmp_path: Path
) -> None:
    editor.lua(NATIVE_CLIENT)
    editor.lua(block("lua", 2))
    _use_native_client(editor, tmp_path)
    assert server.received("initialize")


def test_the_plug_in_hands_over_to_the_client_of_neovim_0_12(
    user: Path, editor: Neovim, server: Scripted, tmp_path: Path
) -> None:
    editor.lua(NATIVE_CLIENT)
    editor.setup("{ init_options = { a = 1 } }")
    _use_native_client(editor, tmp_path)
    editor.type("<M-]><M-[>")
    called = ["enable", "get", "select 1", "select -1"]
    editor.until(lambda: editor.lua("return native.calls"), called)
    opening = server.received("initialize")[0]["params"]
    assert opening["initializationOptions"] == {"a": 1}
    assert opening["capabilities"]["experimental"] == {"aicopilot": {"definitions": True}}
    handler = "vim.lsp.get_clients({ name = 'aicopilot' })[1].handlers['aicopilot/definitions']"
    assert editor.lua(f"return type({handler})") == "function"
    assert server.asked() == []  # the plug-in itself does nothing there


def _use_native_client(editor: Neovim, tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("", encoding="utf-8")
    editor.edit(path)
    editor.until_attached()
    editor.lua("native.suggestions = 1")
    editor.type("ia<Tab><Tab>b")
    editor.until_lines(["a\tb"])
    assert editor.lua("return native.calls") == ["enable", "get"]


def test_the_keys_of_the_page_are_the_defaults(user: Path, editor: Neovim) -> None:
    editor.setup("{}")
    for keys, _, names in re.findall(r"^\| (`<.*?) \| (.*?) \| (`.*?) \|$", README, flags=re.M):
        for key, name in zip(
            re.findall("`(.*?)`", keys), re.findall("`(.*?)`", names), strict=True
        ):
            plug = f"<Plug>(aicopilot-{name.replace('_', '-')})"
            mapped = editor.api.funcs.maparg(key, "i", False, True)
            assert mapped["desc"] == editor.api.funcs.maparg(plug, "i", False, True)["desc"]
            assert editor.lua(f"return type(require('aicopilot').{name})") == "function"
