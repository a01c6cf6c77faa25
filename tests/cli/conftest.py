"""The command line against a scripted model server, each in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support import canary


@dataclass(frozen=True)
class Cli:
    """Runs `aicopilot` in a folder with a configuration of its own."""

    folder: Path
    config: Path
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "AICOPILOT_CONFIG": str(self.config),
            "AICOPILOT_STATE_DIR": str(self.folder / "state"),
            "AICOPILOT_CACHE_DIR": str(self.folder / "cache"),
            **self.more,
        }

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self.run_with("", *arguments)

    def run_with(self, stdin: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """The same with something on standard input."""
        done = subprocess.run(
            [sys.executable, "-m", "aicopilot_lsp", *map(str, arguments)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            input=stdin,
        )
        canary.watch("what a command printed", done.stdout + done.stderr)
        for log in self.folder.glob("state/**/*.log*"):
            canary.watch("a log file", log.read_bytes())
        return done

    def json(self, *arguments: str | Path) -> Any:
        done = self.run(*arguments)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


@contextmanager
def scripted_model(folder: Path, script: Mapping[str, Any]) -> Iterator[str]:
    """The address of a scripted llama.cpp (tests/support/scripted_llamacpp.py)."""
    script_file, port_file = folder / "script.json", folder / "port"
    script_file.write_text(json.dumps(script))
    module = [sys.executable, "-m", "tests.support.scripted_llamacpp"]
    with subprocess.Popen(
        [*module, "--port-file", str(port_file), "--script", str(script_file)],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            yield f"http://127.0.0.1:{_port(server, port_file)}"
        finally:
            server.terminate()


def write_config(config: Path, url: str, *, more: str = "") -> None:
    """A configuration with one model: the server at `url`, which would pass no test."""
    config.write_text(
        f'[[models]]\nname = "scripted"\nprovider = "llama.cpp"\nurl = "{url}"\n'
        f'fim_format = "qwen2.5-coder"\n{more}'
    )


@pytest.fixture(scope="module")
def model_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scripted llama.cpp that answers "a + b" to everything."""
    folder = tmp_path_factory.mktemp("scripted")
    with scripted_model(folder, {"default": {"text": " a + b\nnext"}}) as url:
        yield url


def _port(server: "subprocess.Popen[str]", port_file: Path) -> int:
    while server.poll() is None:
        if port_file.exists() and (text := port_file.read_text().strip()):
            return int(text)
    raise AssertionError("the scripted server ended at once")


@pytest.fixture
def cli(tmp_path: Path, model_url: str) -> Cli:
    config = tmp_path / "config.toml"
    write_config(config, model_url)
    return Cli(tmp_path, config)
