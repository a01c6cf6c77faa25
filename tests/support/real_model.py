"""The real 0.5B model for tests: found, isolated, and stopped afterwards.

Import the fixtures into a test module or conftest and mark the tests `@pytest.mark.model`. Without
the file they are skipped, unless AICOPILOT_REQUIRE_MODEL=1 makes its absence a failure.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from aicopilot_lsp.config import paths
from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
from aicopilot_lsp.models.embedded import backend, store, supervisor
from aicopilot_lsp.models.embedded.backend import EmbeddedBackend
from aicopilot_lsp.models.embedded.catalogue import entry_named
from aicopilot_lsp.models.http import Transport
from aicopilot_lsp.plugins import BackendContext

MODEL_NAME = "qwen2.5-coder-0.5b"
# Read at import: tests may point these variables elsewhere.
_CACHE_DIR = paths.cache_dir()


@pytest.fixture(scope="session")
def installed_model() -> Path:
    """Path of the 0.5B's file."""
    entry = entry_named(MODEL_NAME)
    path = store.model_path(entry, _CACHE_DIR)
    if store.is_installed(entry, _CACHE_DIR):
        return path
    reason = f"{path} is missing: run `aicopilot model pull {MODEL_NAME}`"
    if os.environ.get("AICOPILOT_REQUIRE_MODEL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def model_cache_dir(installed_model: Path) -> Path:
    """The cache directory that holds the model; for AICOPILOT_CACHE_DIR of child processes."""
    return installed_model.parent.parent


@pytest.fixture
def model_state_dir(tmp_path: Path) -> Iterator[Path]:
    """A state directory of the test's own; a model process in it is stopped at the end."""
    state_dir = tmp_path / "state"
    yield state_dir
    stop_process(state_dir)


@pytest.fixture
async def real_backend(
    model_cache_dir: Path, model_state_dir: Path
) -> AsyncIterator[EmbeddedBackend]:
    """An embedded backend over the real model, which is loaded at the first call."""
    context = BackendContext(
        embedded=EmbeddedSettings(), state_dir=model_state_dir, cache_dir=model_cache_dir
    )
    settings = ModelSettings(name="embedded", provider="embedded", model=MODEL_NAME)
    made = backend.create(settings, context)
    yield made
    await made.aclose()


def stop_process(state_dir: Path) -> None:
    """End the model process of `state_dir`, if there is one."""

    async def stop() -> None:
        transport = Transport()
        try:
            await supervisor.stop(state_dir, transport)
        finally:
            await transport.aclose()

    asyncio.run(stop())
