"""A real Neovim for a test, and a server beside it that says what the test wrote down."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.support import scripted_lsp
from tests.support.neovim import Neovim
from tests.support.scripted_lsp import Answer, Script


class Scripted:
    """The server of tests/support/scripted_lsp.py: its script, and what it was sent."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.script_path, self.log_path = folder / "script.json", folder / "log.jsonl"
        self.release_path = folder / "release"
        self.log_path.touch()
        self.say([])

    @property
    def command(self) -> list[str]:
        program = str(Path(scripted_lsp.__file__))
        return [sys.executable, program, str(self.script_path), str(self.log_path)]

    def say(self, answers: list[Answer], encoding: str = "utf-16") -> None:
        script: Script = {"encoding": encoding, "answers": answers}
        self.script_path.write_text(json.dumps(script), encoding="utf-8")

    def release(self) -> None:
        self.release_path.touch()

    def received(self, method: str) -> list[dict[str, Any]]:
        text = self.log_path.read_text(encoding="utf-8")
        complete = text[: text.rfind("\n") + 1].splitlines()
        return [m for line in complete if (m := json.loads(line)).get("method") == method]

    def asked(self) -> list[int]:
        """The trigger kinds of the inline completion requests so far.

        Without those at the start of a line: entering insert mode asks there too, if the editor
        rests before the first letter, which depends on the machine.
        """
        requests = [message["params"] for message in self.received(scripted_lsp.INLINE_COMPLETION)]
        return [r["context"]["triggerKind"] for r in requests if r["position"]["character"]]

    def accepted(self) -> list[str]:
        commands = self.received("workspace/executeCommand")
        return [command["params"]["arguments"][0] for command in commands]


@pytest.fixture
def server(tmp_path: Path) -> Scripted:
    return Scripted(tmp_path / "server")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the editor keeps its configuration, state and logs, instead of in the user's home."""
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / "home" / kind.lower()))
    monkeypatch.delenv("NVIM_APPNAME", raising=False)
    return tmp_path / "home"


@pytest.fixture
def start_neovim(home: Path) -> Iterator[Callable[..., Neovim]]:
    editors: list[Neovim] = []

    def start(**options: Any) -> Neovim:
        editors.append(Neovim(**options))
        return editors[-1]

    yield start
    for editor in editors:
        editor.close()


@pytest.fixture
def editor(start_neovim: Callable[..., Neovim]) -> Neovim:
    return start_neovim()


class Open(Protocol):
    """Opens a file that holds `text` with the plug-in set up and the server attached."""

    def __call__(
        self, text: str = "", *, name: str = "note.txt", options: str = "", before: str = ""
    ) -> Neovim: ...


@pytest.fixture
def open_file(editor: Neovim, server: Scripted, tmp_path: Path) -> Open:
    """`options` are Lua fields for the set-up; `before` is Lua that is run before it."""

    def start(
        text: str = "", *, name: str = "note.txt", options: str = "", before: str = ""
    ) -> Neovim:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        editor.lua(before)
        command = ", ".join(f"'{part}'" for part in server.command)
        editor.setup(f"{{ cmd = {{ {command} }}, debounce_ms = 1, {options} }}")
        editor.edit(path)
        editor.until_attached()
        return editor

    return start
