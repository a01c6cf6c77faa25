"""What the tests of the model process share."""

from collections.abc import AsyncIterator

import pytest

from aicopilot_lsp.models.http import Transport
from tests.models.embedded.processes import ROOT


@pytest.fixture
async def transport(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Transport]:
    """One that reaches processes whose engine is found in this checkout."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    made = Transport()
    yield made
    await made.aclose()
