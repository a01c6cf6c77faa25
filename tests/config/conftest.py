"""Every test has an empty home for configuration and none of our variables set."""

from pathlib import Path

import pytest

from aicopilot_lsp.config import paths
from tests.support.configured import Configured


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in (
        paths.CACHE_DIR_VARIABLE,
        paths.STATE_DIR_VARIABLE,
        paths.CONFIG_FILE_VARIABLE,
    ):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "empty home"))


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    return Configured(tmp_path)
