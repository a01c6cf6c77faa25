"""Watches over the whole suite that no key turns up where none may (INV-7). A plug-in of pytest.

Every key that a test uses begins with one mark, mostly as it comes from `new_key()`, and so is
recognised in whatever it ends up in.
Watched are: all that is logged in this process, at every level and by every package, with its
arguments and its exception's text; the text of every error of our tree; what tests print; and,
where tests hand it to `watch`, what servers and commands in other processes write. A test in which
a key is seen fails. Our own loopback servers keep what they were asked, and do not watch that: it
is where a key is to arrive.
"""

import logging
import re
import secrets
import threading
from collections.abc import Generator, Iterator

import pytest

from aicopilot_lsp.errors import AicopilotError

_MARK = "canary-key-"
_PATTERN = re.compile(_MARK + "[0-9a-z]+")
_PATTERN_BYTES = re.compile(_PATTERN.pattern.encode())


class Watch:
    """Where keys were seen. Used from any thread."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._lock = threading.Lock()

    def look(self, place: str, text: str | bytes) -> None:
        """Note `place` if there is a key in `text`, which came from there."""
        found = _PATTERN_BYTES.search(text) if isinstance(text, bytes) else _PATTERN.search(text)
        if found:
            with self._lock:
                self._seen.append(place)

    def take(self) -> list[str]:
        """The places seen since the last call."""
        with self._lock:
            seen, self._seen = self._seen, []
        return seen


class Recorder(logging.Handler):
    """Looks at everything that is logged, before any filter or format of a handler."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.NOTSET)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        place = f"the log of {record.name}"
        try:
            self._watch.look(place, record.getMessage())
        except (TypeError, ValueError):
            self._watch.look(place, f"{record.msg!r} {record.args!r}")
        if record.exc_info and record.exc_info[1] is not None:
            self._watch.look(f"an exception in {place}", repr(record.exc_info[1]))


_watch = Watch()
_recorder = Recorder(_watch)


def new_key() -> str:
    """A key for a test: one plain word that is watched for."""
    return _MARK + secrets.token_hex(8)


def watch(place: str, text: str | bytes) -> None:
    """Hand over what a process wrote, for a key to be looked for in it."""
    _watch.look(place, text)


def watch_errors(over: Watch) -> "pytest.MonkeyPatch":
    """Look at the text of every error of our tree as it is made, until `undo` is called."""
    plain = AicopilotError.__init__

    def watched(self: AicopilotError, *args: object) -> None:
        plain(self, *args)
        over.look(f"the text of {type(self).__name__}", str(self))

    patch = pytest.MonkeyPatch()
    patch.setattr(AicopilotError, "__init__", watched)
    return patch


def pytest_configure(config: pytest.Config) -> None:
    config.add_cleanup(watch_errors(_watch).undo)


@pytest.fixture(autouse=True)
def _no_key_is_seen() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level
    root.addHandler(_recorder)
    root.setLevel(logging.DEBUG)  # what is below a logger's level never becomes a record
    _watch.take()
    yield
    root.removeHandler(_recorder)
    root.setLevel(before)
    seen = _watch.take()
    assert not seen, f"a key was seen in: {'; '.join(dict.fromkeys(seen))}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test has printed is known only now."""
    report = yield
    for title, text in report.sections:
        if report.passed and _PATTERN.search(text):
            report.outcome = "failed"
            report.longrepr = f"a key was seen in: {title}"
    return report
