"""INV-6: resolving a hostile workspace opens its one file and does nothing else at all."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hostile_workspaces import BUILDERS, HOSTILE

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    directory = tmp_path_factory.mktemp("hostile")
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.audited_resolve", str(directory)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield directory, json.loads(done.stdout)


def test_there_are_enough_hostile_workspaces_and_they_are_heard(
    recorded: tuple[Path, dict[str, Any]],
) -> None:
    _, report = recorded
    assert report["workspaces"] == len(HOSTILE) + len(BUILDERS) >= 60
    assert report["problems"] > report["workspaces"]


def test_nothing_but_opening_happens(recorded: tuple[Path, dict[str, Any]]) -> None:
    """No process, no socket, no import, no directory listed, nothing made, moved or removed."""
    _, report = recorded
    assert {event for event, _ in report["events"]} == {"open"}


def test_only_the_users_file_and_one_plain_file_in_each_folder_are_opened_to_read(
    recorded: tuple[Path, dict[str, Any]],
) -> None:
    directory, report = recorded
    opened = set()
    for _, (path, _mode, flags) in report["events"]:
        assert int(flags) & _WRITING == 0
        what = _path(path)
        if isinstance(what, str):
            opened.add(Path(what))
        else:
            assert isinstance(what, int), "a descriptor of ours, opened by path before"
    plain = {
        path
        for path in directory.glob("workspace */.aicopilot.toml")
        if path.is_file() and not path.is_symlink()
    }
    assert opened == {directory / "user.toml", *plain}


def _path(shown: str) -> object:
    """What an audit event said was opened: a path, or a descriptor."""
    return ast.literal_eval(shown.removeprefix("PosixPath(").removesuffix(")"))
