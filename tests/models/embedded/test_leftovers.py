"""What killed engines leave in the temporary directory is swept, and nothing else is."""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aicopilot_lsp.models.embedded import leftovers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such sockets")


@pytest.fixture
def parent() -> Iterator[Path]:
    """A short path: a socket's has a limit."""
    path = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


def listening(directory: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(directory / leftovers.SOCKET_NAME))
    made.listen()
    return made


def test_a_socket_that_nobody_listens_at_is_swept_with_its_directory(parent: Path) -> None:
    dead, living = leftovers.fresh_directory(parent), leftovers.fresh_directory(parent)
    listening(dead).close()
    with listening(living):
        leftovers.sweep(parent)
        assert not dead.exists()
        assert living.exists()


def test_an_empty_directory_goes_after_an_hour(parent: Path) -> None:
    new, old = leftovers.fresh_directory(parent), leftovers.fresh_directory(parent)
    os.utime(old, (0, 0))
    leftovers.sweep(parent)
    assert new.exists()
    assert not old.exists()


def test_what_may_be_anothers_stays(parent: Path) -> None:
    more, file, opened = (leftovers.fresh_directory(parent) for _ in range(3))
    listening(more).close()
    (more / "notes").write_text("mine")
    (file / leftovers.SOCKET_NAME).write_text("no socket")
    listening(opened).close()
    opened.chmod(0o755)
    link = parent / "aicopilot-link"
    target = parent / "target"
    target.mkdir(mode=0o700)
    listening(target).close()
    link.symlink_to(target)
    leftovers.sweep(parent)
    assert (target / leftovers.SOCKET_NAME).exists()
    assert all(path.exists() for path in (more / "notes", file / leftovers.SOCKET_NAME, opened))


def test_a_parent_that_cannot_be_read_is_no_error(parent: Path) -> None:
    leftovers.sweep(parent / "none")
