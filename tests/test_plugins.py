"""The catalogue: what of other packages is taken in, and what is left out."""

import logging
from collections.abc import Callable, Collection
from importlib.metadata import EntryPoint

import pytest

from aicopilot_lsp import plugins
from aicopilot_lsp.errors import ConfigError


class _Source:
    def __init__(self, name: object) -> None:
        self._name = name

    @property
    def name(self) -> object:
        if isinstance(self._name, Exception):
            raise self._name
        return self._name


class _Registered:
    """An entry point that gives what the test says."""

    dist = None
    value = "elsewhere:create"
    group = plugins.SOURCES

    def __init__(self, name: str, create: Callable[[], object]) -> None:
        self.name, self._create = name, create

    def load(self) -> Callable[[], object]:
        return self._create


def _made(
    monkeypatch: pytest.MonkeyPatch, *entries: _Registered, disabled: Collection[str] = ()
) -> list[str]:
    def registered(**_: object) -> Collection[EntryPoint]:
        return entries  # type: ignore[return-value]

    monkeypatch.setattr(plugins, "entry_points", registered)
    return [source.name for source in plugins.sources(disabled)]


def _failing() -> object:
    raise RuntimeError("secret text")


def _lacking() -> object:
    raise ConfigError("Install what it needs.")


def test_our_own_sources_go_by_the_names_that_they_are_registered_under() -> None:
    ours = {one.name for one in plugins.installed() if one.group == plugins.SOURCES and one.is_ours}
    assert {source.name for source in plugins.sources()} >= ours
    assert "definitions" not in {source.name for source in plugins.sources(["definitions"])}


def test_a_source_that_can_not_be_made_or_told_by_its_name_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = _made(
        monkeypatch,
        _Registered("good", lambda: _Source("good")),
        _Registered("off", lambda: _Source("off")),
        _Registered("other", lambda: _Source("good")),
        _Registered("number", lambda: _Source(3)),
        _Registered("raising", lambda: _Source(ValueError("secret text"))),
        _Registered("failing", _failing),
        disabled=["off"],
    )
    assert made == ["good"]
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 4
    assert "secret" not in caplog.text


def test_a_source_that_lacks_something_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lacking, good = _Registered("lacking", _lacking), _Registered("good", lambda: _Source("good"))
    assert _made(monkeypatch, lacking, good) == ["good"]
    assert "Install what it needs." in caplog.text
