"""A backend for `/v1/completions`, set up against a server of tests/support/services/openai.py."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, Secret
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.openai import create
from aicopilot_lsp.plugins import BackendContext
from tests.support.services import openai
from tests.support.services.base import Service

PATH = "/v1/completions"
_CONTEXT = BackendContext(
    embedded=EmbeddedSettings(), state_dir=Path("/none"), cache_dir=Path("/none")
)


def backend_of(service: Service, **fields: Any) -> HttpBackend:
    known: dict[str, Any] = {
        "url": service.url + "/v1",
        "model": openai.MODEL,
        "fim_format": "qwen2.5-coder",
        "api_key": Secret(openai.KEY),
    }
    settings = ModelSettings(name="m", provider="openai-compatible", **(known | fields))
    return create(settings, _CONTEXT)


@asynccontextmanager
async def asked(service: Service, **fields: Any) -> AsyncIterator[HttpBackend]:
    async with service:
        service.answer("a + b  # sum")
        backend = backend_of(service, **fields)
        try:
            yield backend
        finally:
            await backend.aclose()
