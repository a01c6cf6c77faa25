"""What tests found out is kept per server and model, privately, and read with care."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.models.protocol import BackendInfo, Layout
from aicopilot_lsp.models.selftest.store import Result, identity, load, save

INFO = BackendInfo(model="m.gguf", context_tokens=4096, endpoint="http://h:1", details="Q4, b1")
OF = identity("llama.cpp", "m", INFO)
RESULT = Result(
    name="codestral", verdict="fills 5 of 5 holes", tested_on="2026-11-22", layout=Layout.STANDARD
)


def the_file(state_dir: Path) -> Path:
    (path,) = (state_dir / "selftest").iterdir()
    return path


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    assert load(tmp_path / "state", OF) is None
    assert save(tmp_path / "state", OF, RESULT)
    assert load(tmp_path / "state", OF) == RESULT
    assert save(tmp_path / "state", OF, replace(RESULT, layout=None))
    assert load(tmp_path / "state", OF) == replace(RESULT, layout=None)


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    save(tmp_path / "state", OF, RESULT)
    path = the_file(tmp_path / "state")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "other",
    [
        replace(INFO, model="other.gguf"),
        replace(INFO, context_tokens=8192),
        replace(INFO, details="Q8, b1"),
        replace(INFO, endpoint="http://h:2"),
    ],
)
def test_a_result_holds_for_one_identity(tmp_path: Path, other: BackendInfo) -> None:
    save(tmp_path, OF, RESULT)
    assert load(tmp_path, identity("llama.cpp", "m", other)) is None


def test_models_of_one_server_do_not_meet(tmp_path: Path) -> None:
    second = identity("llama.cpp", "n", INFO)
    save(tmp_path, OF, RESULT)
    save(tmp_path, second, replace(RESULT, name="native"))
    assert load(tmp_path, OF) == RESULT
    assert load(tmp_path, second) == replace(RESULT, name="native")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 40_000,
        b'{"version": 2}',
        b'{"version": 1, "identity": {}, "result": {}}',
    ],
)
def test_a_file_that_makes_no_sense_counts_as_none(tmp_path: Path, content: bytes) -> None:
    save(tmp_path, OF, RESULT)
    the_file(tmp_path).write_bytes(content)
    assert load(tmp_path, OF) is None
    assert save(tmp_path, OF, RESULT)
    assert load(tmp_path, OF) == RESULT


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": 1},
        {"name": None},
        {"name": "x" * 1000},
        {"verdict": ["a"]},
        {"tested_on": None},
        {"layout": "sideways"},
        {"layout": 3},
        {"layout": ["frozen"]},
    ],
)
def test_every_field_is_checked(tmp_path: Path, wrong: dict[str, Any]) -> None:
    save(tmp_path, OF, RESULT)
    path = the_file(tmp_path)
    content = json.loads(path.read_text())
    content["result"] |= wrong
    path.write_text(json.dumps(content))
    assert load(tmp_path, OF) is None


def test_a_state_directory_that_cannot_be_written_only_costs_a_test(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    assert not save(tmp_path / "state", OF, RESULT)
    assert load(tmp_path / "state", OF) is None


def test_nothing_is_left_of_a_write_that_broke_off(tmp_path: Path) -> None:
    save(tmp_path, OF, RESULT)
    path = the_file(tmp_path)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text("half")
    assert save(tmp_path, OF, RESULT)
    assert the_file(tmp_path) == path
