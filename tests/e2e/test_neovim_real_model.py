"""From a key press to text, with nothing in between replaced.

A real Neovim, our plug-in (or Neovim's own completion), `aicopilot serve`, and the embedded model.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.neovim import Neovim
from tests.support.real_model import (
    MODEL_NAME,
    installed_model,
    model_cache_dir,
    model_state_dir,
)

__all__ = ["installed_model", "model_cache_dir", "model_state_dir"]
pytestmark = [pytest.mark.model, pytest.mark.editor, pytest.mark.timeout(600)]

SERVE = f"{{ '{Path(sys.executable).parent / 'aicopilot'}', 'serve' }}"
# The first request loads the model, which a slow machine must be given time for.
OPTIONS = f"""{{
  models = {{ {{ name = 'embedded', provider = 'embedded', model = '{MODEL_NAME}' }} }},
  completion = {{ deadline_ms = 120000 }},
}}"""

PLAIN_CLIENT = f"""
local id = vim.lsp.start({{
  name = 'aicopilot', cmd = {SERVE}, root_dir = vim.fn.getcwd(), init_options = {OPTIONS},
}})
vim.lsp.completion.enable(true, id, 0)
"""


@pytest.fixture
def neovim(
    model_cache_dir: Path,
    model_state_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    start_neovim: Callable[..., Neovim],
) -> Neovim:
    """With the server's state in the test's own directory, and no configuration of the user's."""
    model_state_dir.mkdir()
    config = model_state_dir / "none.toml"
    config.touch()
    monkeypatch.setenv("AICOPILOT_CACHE_DIR", str(model_cache_dir))
    monkeypatch.setenv("AICOPILOT_STATE_DIR", str(model_state_dir))
    monkeypatch.setenv("AICOPILOT_CONFIG", str(config))
    return start_neovim()


def edit(neovim: Neovim, path: Path, text: str) -> None:
    path.write_bytes(text.encode())
    neovim.setup(f"{{ cmd = {SERVE}, init_options = {OPTIONS} }}")
    neovim.edit(path)
    neovim.until_attached()


def test_typing_shows_what_the_model_says_and_tab_inserts_it(
    neovim: Neovim, tmp_path: Path
) -> None:
    edit(neovim, tmp_path / "sums.py", "")
    neovim.type("idef add(a, b):<CR>return")
    neovim.until_lines(["def add(a, b):", "    return"])
    neovim.until(lambda: "a + b" in (neovim.ghost() or ""))
    ghost = neovim.ghost()
    assert ghost is not None
    assert neovim.screen()[1] == "    return" + ghost.split("\n")[0]
    neovim.type("<Tab>")
    neovim.until_lines(["def add(a, b):", *f"    return{ghost}".split("\n")])
    assert neovim.messages() == ""


def test_a_crlf_file_with_an_emoji_before_the_cursor_gets_it_in_the_right_place(
    neovim: Neovim, tmp_path: Path
) -> None:
    path = tmp_path / "dos.py"
    edit(neovim, path, "def double(n):\r\n    return n * 2\r\n\r\n\r\n")
    neovim.type("Gidef triple(n):<CR>'😀'; return n")
    neovim.until(lambda: "* 3" in (neovim.ghost() or ""))
    ghost = neovim.ghost()
    assert ghost is not None
    neovim.type("<Tab><Esc>")
    neovim.until_ghost(None)
    neovim.until(lambda: neovim.lines()[4], f"    '😀'; return n{ghost.split(chr(10))[0]}")
    neovim.api.command("write")
    assert b"\r\n    '\xf0\x9f\x98\x80'; return n * 3" in path.read_bytes()
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")


def test_a_client_without_inline_completion_gets_it_in_the_popup_menu(
    neovim: Neovim, tmp_path: Path
) -> None:
    path = tmp_path / "sums.py"
    path.write_text("", encoding="utf-8")
    neovim.edit(path)
    neovim.api.command("set completeopt=menuone,noselect")
    neovim.lua(PLAIN_CLIENT)
    neovim.until_attached()
    neovim.type("idef add(a, b):<CR>return")
    neovim.until_lines(["def add(a, b):", "    return"])
    neovim.type("<Cmd>lua vim.lsp.completion.get()<CR>")
    neovim.until(neovim.api.funcs.pumvisible, 1)
    neovim.type("<C-n><C-y>")
    neovim.until(lambda: neovim.lines()[:2], ["def add(a, b):", "    return a + b"])
