"""A model server that goes down and comes back at the same address: scripted llama.cpp, a process.

with Outage(folder, "pass") as server:
    ...
    server.down()
    server.up()
"""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.rpc_client import ROOT


class Outage:
    """Answers every request with `text` while it is up. `url` stays the same."""

    def __init__(self, folder: Path, text: str) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._script = folder / "script.json"
        self._script.write_text(json.dumps({"default": {"text": text}}))
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Return when it listens."""
        port_file = self._folder / "port"
        port_file.unlink(missing_ok=True)
        arguments = ["--port-file", port_file, "--script", self._script, "--port", self._port]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.scripted_llamacpp", *map(str, arguments)],
            cwd=ROOT,
        )
        while not port_file.exists():
            assert self._process.poll() is None, "the scripted server ended at once"
        self._port = int(port_file.read_text())

    def down(self) -> None:
        """Return when nothing listens there any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def model(self, name: str) -> dict[str, str]:
        """Its `[[models]]` table."""
        return {
            "name": name,
            "provider": "llama.cpp",
            "url": self.url,
            "fim_format": "qwen2.5-coder",
        }

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.down()
