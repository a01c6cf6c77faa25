"""What our server has to say, in Neovim: on one line, so that the editor never stops for ENTER."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.neovim import Neovim

pytestmark = pytest.mark.editor

SERVE = f"{{ '{Path(sys.executable).parent / 'aicopilot'}', 'serve' }}"


def test_without_a_model_the_user_is_told_how_to_get_one_and_can_type_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_neovim: Callable[..., Neovim]
) -> None:
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
    assert ":AicopilotStatus" in neovim.messages()
    assert len(neovim.messages()) < 80
    neovim.type("ix = 1")
    neovim.until_lines(["x = 1"])


def status(neovim: Neovim) -> str:
    return str(neovim.lua("return require('aicopilot').status()"))
