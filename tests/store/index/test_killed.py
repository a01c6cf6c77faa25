"""A writer that is killed leaves what it had committed, and nothing half done."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TIMES = 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the children are forked, to be quick")
def test_killed_fifty_times_an_index_is_whole_each_time(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.index.killing", str(tmp_path / "i"), str(TIMES)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    killed, _, turns = done.stdout.partition(" killed, ")
    assert int(killed) == TIMES
    assert int(turns.split()[0]) >= TIMES
