"""The watch for keys sees what it is meant to see, and a test in which a key leaks fails."""

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from tests.support import canary
from tests.support.canary import Recorder, Watch, new_key, watch_errors

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def own() -> Watch:
    return Watch()


def test_a_key_is_seen_in_any_text_and_nothing_else_is(own: Watch) -> None:
    own.look("a", f'{{"key": "{new_key()}"}}')
    own.look("b", new_key().encode() + b"\xff")
    own.look("c", "canary-key- and no more")
    assert own.take() == ["a", "b"]
    assert own.take() == []


def test_a_key_is_seen_in_a_log_whatever_part_of_a_record_it_is_in(own: Watch) -> None:
    records: list[dict[str, object]] = [
        {"msg": "sent %s", "args": ({"authorization": f"Bearer {new_key()}"},)},
        {"msg": "wrong number of arguments %s %s", "args": (new_key(),)},
        {"msg": "failed", "exc_info": (ValueError, ValueError(new_key()), None)},
        {"msg": "nothing here", "args": ()},
    ]
    for record in records:
        Recorder(own).handle(logging.makeLogRecord({"name": "some.package", **record}))
    of = "the log of some.package"
    assert own.take() == [of, of, f"an exception in {of}"]


def test_a_key_is_seen_in_the_text_of_an_error(own: Watch) -> None:
    undo = watch_errors(own).undo
    try:
        ModelError("a message", kind=ModelErrorKind.AUTH)
        assert own.take() == []
        ModelError(f"the server said {new_key()}", kind=ModelErrorKind.AUTH)
        assert own.take() == ["the text of ModelError"]
    finally:
        undo()
    # The suite's own watch has seen it as well.
    assert canary._watch.take() == ["the text of ModelError"]


_LEAKS = """
import logging
from tests.support import canary
from tests.support.canary import new_key, watch
from aicopilot_lsp.errors import ModelError, ModelErrorKind
def test_log():
    logging.getLogger("httpcore.http11").debug("send %r", new_key())
def test_error():
    ModelError(new_key(), kind=ModelErrorKind.AUTH)
def test_print():
    print(new_key())
def test_process():
    watch("a message to the client", new_key().encode())
def test_nothing():
    assert new_key() != new_key()
"""


def test_a_test_in_which_a_key_leaks_fails(tmp_path: Path) -> None:
    (tmp_path / "test_leaks.py").write_text(_LEAKS)
    plugins = ("-p", "tests.support.canary", "-p", "no:randomly", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "--rootdir", tmp_path, "-v", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout
    assert done.returncode == 1, said
    assert "a key was seen in: the log of httpcore.http11" in said
    assert "a key was seen in: the text of ModelError" in said
    assert "a key was seen in: Captured stdout call" in said
    assert "a key was seen in: a message to the client" in said
    ends = re.findall(r"::(test_\w+) (PASSED|FAILED|ERROR)", said)
    leaked = {name for name, end in ends if end != "PASSED"}
    assert leaked == {"test_log", "test_error", "test_print", "test_process"}
    assert ("test_nothing", "PASSED") in ends
