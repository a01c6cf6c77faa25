"""Holes filled by the real 0.5B as a chat model, through the three chat interfaces of llama.cpp."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings
from aicopilot_lsp.models import llamacpp
from aicopilot_lsp.models.chat import anthropic, openai, responses
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import Finished, Hole, Mode
from aicopilot_lsp.plugins import BackendContext
from tests.models.contract import answered, text_of
from tests.models.test_llamacpp_real import endpoint
from tests.support.real_model import installed_model

__all__ = ["endpoint", "installed_model"]
pytestmark = pytest.mark.model

_CONTEXT = BackendContext(
    embedded=EmbeddedSettings(), state_dir=Path("/none"), cache_dir=Path("/none")
)
_ADD = Hole(
    prefix="def add(a, b):\n    return ",
    suffix="\n\n\nprint(add(1, 2))\n",
    file_name="add.py",
    language_id="python",
)


@pytest.mark.parametrize(
    "create", [openai.create, responses.create, anthropic.create, llamacpp.create]
)
async def test_a_trivial_hole_is_filled_and_the_fence_is_off(
    create: Callable[[ModelSettings, BackendContext], HttpBackend], endpoint: Endpoint
) -> None:
    settings = ModelSettings(
        name="m",
        provider="any",
        model="any",
        url=endpoint.base_url,
        api_key=endpoint.key,
        fim_format="chat",
    )
    backend = create(settings, _CONTEXT)
    assert backend.prompting.mode is Mode.CHAT
    events = await answered(backend, hole=_ADD, max_tokens=32)
    assert text_of(events) == "a + b"
    # Its cost comes after the fence's end, where only what is there at once is waited for.
    assert isinstance(events[-1], Finished)
    await backend.aclose()
