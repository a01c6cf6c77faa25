"""A model's server goes down while the user types in a real Neovim, and comes back."""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.neovim import Neovim
from tests.support.outage import Outage

pytestmark = pytest.mark.editor

SERVE = f"{{ '{Path(sys.executable).parent / 'aicopilot'}', 'serve' }}"


class Typist:
    """Types as a person does, letter by letter, and sees to it that each letter arrives."""

    def __init__(self, neovim: Neovim) -> None:
        self.neovim, self.text = neovim, ""
        self._letters = itertools.cycle("abcdefgh")

    def type(self, text: str) -> None:
        for letter in text:
            self.neovim.type(letter)
            self.text += letter
            self.neovim.until_lines([self.text])

    def until_ghost(self, text: str) -> None:
        """Type on, with a rest after each letter, until there is a suggestion again."""
        rests = itertools.count()

        def typed_and_seen() -> bool:
            if self.neovim.ghost() == text:
                return True
            if next(rests) % 50 == 0:
                self.type(next(self._letters))
            return False

        self.neovim.until(typed_and_seen)


def test_the_user_is_told_once_each_way_and_can_type_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_neovim: Callable[..., Neovim]
) -> None:
    for name in ("CACHE_DIR", "STATE_DIR"):
        monkeypatch.setenv(f"AICOPILOT_{name}", str(tmp_path / name.lower()))
    (tmp_path / "none.toml").touch()
    monkeypatch.setenv("AICOPILOT_CONFIG", str(tmp_path / "none.toml"))
    with Outage(tmp_path / "server", "pass\n") as server:
        neovim = start_neovim()
        fields = ", ".join(f"{key} = '{value}'" for key, value in server.model("box").items())
        options = f"models = {{ {{ {fields} }} }}"
        neovim.setup(f"{{ cmd = {SERVE}, debounce_ms = 1, init_options = {{ {options} }} }}")
        neovim.edit(tmp_path / "a.py")
        neovim.until_attached()
        neovim.type("i")
        typist = Typist(neovim)
        typist.type("value = ")
        neovim.until_ghost("pass")

        server.down()
        typist.type("x")
        neovim.until(lambda: len(messages(neovim)) > 0)
        neovim.until_ghost(None)
        typist.type(" + y * (z")
        (down,) = messages(neovim)
        assert "The model server at" in down
        assert f"{server.url} can't be reached" in status(neovim)

        server.up()
        typist.until_ghost("pass")
        assert messages(neovim) == [down, "aicopilot: The model box answers again."]
        neovim.type("<Tab>")
        neovim.until_lines([f"{typist.text}pass"])


def messages(neovim: Neovim) -> list[str]:
    return [line for line in neovim.messages().splitlines() if line.startswith("aicopilot")]


def status(neovim: Neovim) -> str:
    return str(neovim.lua("return require('aicopilot').status()"))
