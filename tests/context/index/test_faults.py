"""Whatever the workspace and the disk do, the server answers and the index heals."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aicopilot_lsp.context.index.wire import EXIT_UNUSABLE, Job, Say
from aicopilot_lsp.store.index.layout import index_path
from aicopilot_lsp.store.index.reader import IndexReader
from tests.support.index_worker import IndexWorker
from tests.support.outage import Outage
from tests.support.rpc_client import RpcClient, did_change, did_open, inline, insert

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes and links of POSIX")

SERVE = (str(Path(sys.executable).parent / "aicopilot"), "serve")
_DEEP = 300  # with 10,000: test_walk.py


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A project with some of everything that a reader of files may stumble over."""
    root = (tmp_path / "project").resolve()
    (root / ".git").mkdir(parents=True)
    (root / "good.py").write_text("def found_here():\n    return 1\n")
    os.mkfifo(root / "pipe.py")
    (root / "loop").symlink_to(".")
    (tmp_path / "outside.py").write_text("def not_to_be_found():\n    return 1\n")
    (root / "out.py").symlink_to(tmp_path / "outside.py")
    with (root / "huge.py").open("wb") as file:
        file.truncate(1 << 30)
    (root / "chain.py").write_text("x = " + ".".join("a" * 100_000) + "\n")  # keeps a query busy
    (root / "nested.json").write_text("[" * 200_000)
    descriptor = os.open(root, os.O_RDONLY)
    for _ in range(_DEEP):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    yield root
    subprocess.run(["rm", "-rf", str(root)], check=True)  # rmtree would recurse


def indexed(database: Path) -> tuple[set[str], set[str]]:
    """Which of our two functions are found, and the files that the index knows."""
    reader = IndexReader(database)
    try:
        names = {one.name for one in reader.defining(["found_here", "not_to_be_found"])}
        return names, set(reader.paths("*"))
    finally:
        reader.close()


def test_over_a_damaged_index_and_files_of_all_sorts_the_server_answers_and_the_index_heals(
    tmp_path: Path, root: Path
) -> None:
    state = tmp_path / "state"
    database = index_path(str(root), state / "index")
    database.parent.mkdir(parents=True, mode=0o700)
    database.write_bytes(b"SQLite format 3\0" + b"torn" * 5_000)
    (tmp_path / "none.toml").touch()
    with (
        Outage(tmp_path / "model", "pass") as model,
        RpcClient(
            SERVE, env={"AICOPILOT_CONFIG": str(tmp_path / "none.toml")}, state_dir=state
        ) as client,
    ):
        client.initialize(
            workspaceFolders=[{"uri": root.as_uri(), "name": "project"}],
            initializationOptions={
                "models": [model.model("scripted")],
                "completion": {"debounce_ms": 0},
            },
        )
        uri = (root / "typed.py").as_uri()
        client.send(did_open(uri, "value = \n"))
        version = 1
        while indexed(database) != ({"found_here"}, {"good.py", "chain.py", "nested.json"}):
            version += 1
            column = len("value = ") + version - 2
            client.send(
                did_change(uri, version, insert(0, column, "x")),
                inline(version, uri, 0, column + 1),
            )
            answer = client.answer(version)  # always one, whatever the index is at
            assert answer["result"]["items"][0]["insertText"] == "pass"
        assert client.stop() == 0


def test_a_full_disk_is_said_and_with_room_again_the_index_is_built(
    tmp_path: Path, root: Path
) -> None:
    with _small_disk(tmp_path / "disk") as disk:
        job = Job(root=str(root), database=str(disk / "index" / "i.sqlite3"), watch=False)
        filler = disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        with IndexWorker(job) as worker:
            said = [event.message for event in worker.events() if event.say is Say.TROUBLE]
            assert worker.process.wait() == EXIT_UNUSABLE
        assert len(said) == 1
        assert "disk is full" in said[0]
        with IndexWorker(replace(job, watch=True)) as worker:
            worker.until(Say.STUCK)
        filler.unlink()
        with IndexWorker(job) as worker:
            worker.until(Say.FINISHED)
        assert indexed(Path(job.database)) == (
            {"found_here"},
            {"good.py", "chain.py", "nested.json"},
        )


@contextlib.contextmanager
def _small_disk(place: Path) -> Iterator[Path]:
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small file system needs rights that this user does not have")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
