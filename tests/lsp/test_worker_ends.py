"""The index's worker never outlives the server, however that ends."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.rpc_client import RpcClient, did_open

COMMAND = (sys.executable, "-m", "tests.support.scripted_server")
_LIMIT_S = 30.0


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
@pytest.mark.parametrize("end", ["killed", "stopped"])
def test_the_worker_ends_with_the_server(tmp_path: Path, end: str) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "a.py").write_text("x = 1\n")
    with RpcClient(COMMAND, state_dir=tmp_path / "state") as client:
        client.initialize(
            workspaceFolders=[{"uri": project.as_uri(), "name": "project"}],
            capabilities={"window": {"workDoneProgress": True}},
        )
        client.ready()
        client.send(did_open((project / "a.py").as_uri(), "x = 1\n"))
        server = psutil.Process(client.process.pid)
        worker = _worker(server)
        if end == "stopped":
            assert client.stop() == 0
        else:
            os.kill(server.pid, signal.SIGKILL)
        worker.wait(timeout=_LIMIT_S)


def _worker(server: psutil.Process) -> psutil.Process:
    while True:
        for child in server.children():
            if "aicopilot_lsp.context.index.worker" in child.cmdline():
                return child
