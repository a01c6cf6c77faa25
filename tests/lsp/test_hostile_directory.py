"""INV-6: started in a hostile working directory, we run none of its code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aicopilot_lsp.plugins import BACKENDS, FILTERS
from tests.support.rpc_client import ROOT, RpcClient

MODULE = (sys.executable, "-m", "aicopilot_lsp")
SCRIPT = (str(Path(sys.executable).with_name("aicopilot")),)
# Names that are imported on the way: ours, our libraries', Python's own.
SHADOWED = ("typer", "pygls", "lsprotocol", "pydantic", "httpx", "json", "asyncio", "evil")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A workspace that leaves a file `ran` behind when a line of it is executed."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    marker = tmp_path / "ran"
    for name in SHADOWED:
        (workspace / f"{name}.py").write_text(f"open({str(marker)!r}, 'a').write({name!r})\n")
    info = workspace / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    groups = (
        f"[{group}]\nembedded = evil:create\nevil = evil:E\n" for group in (BACKENDS, FILTERS)
    )
    (info / "entry_points.txt").write_text("\n".join(groups))
    (workspace / "a.py").write_text("x = \n")
    return workspace


@pytest.mark.parametrize("command", [MODULE, SCRIPT], ids=["module", "script"])
@pytest.mark.parametrize("words", [("complete", "a.py"), ("plugins",), ("doctor",)])
def test_inv_6_no_command_runs_what_lies_in_the_working_directory(
    hostile: Path, command: tuple[str, ...], words: tuple[str, ...]
) -> None:
    if not Path(command[0]).exists():
        pytest.skip("the package is not installed, so there is no script")
    done = subprocess.run(
        [*command, *words],
        cwd=hostile,
        env={**_environment(hostile), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert "evil" not in done.stdout
    assert not (hostile.parent / "ran").exists()


def test_inv_6_nor_does_the_server(hostile: Path) -> None:
    with RpcClient((*MODULE, "serve"), env=_environment(hostile), cwd=hostile) as client:
        client.initialize(rootUri=hostile.as_uri())
        client.ready()
        assert client.stop() == 0
    assert not (hostile.parent / "ran").exists()


def _environment(workspace: Path) -> dict[str, str]:
    ours = workspace.parent / "ours"
    return {
        **os.environ,
        "AICOPILOT_STATE_DIR": str(ours / "state"),
        "AICOPILOT_CACHE_DIR": str(ours / "cache"),
        "XDG_CONFIG_HOME": str(ours / "config"),
    }
