"""An Api of chat alone, and the ends that the hosted chat services share."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.errors import ConfigError, ModelErrorKind
from aicopilot_lsp.models.api import Ask, Dialect
from aicopilot_lsp.models.failures import Reason
from aicopilot_lsp.models.listing import listed
from aicopilot_lsp.models.protocol import BackendInfo, Mode
from aicopilot_lsp.models.wire import count, mapping

# Fields of ours that some models of the hosted services refuse; no other is named in a message.
_REFUSABLE = ("max_tokens", "max_completion_tokens", "temperature", "stream_options")


class ChatApi:
    """An Api; see api.py."""

    def __init__(self, model: str, dialect: Dialect) -> None:
        self._model = model
        self.dialects: Mapping[Mode, Dialect] = MappingProxyType({Mode.CHAT: dialect})

    async def describe(self, ask: Ask, where: str) -> BackendInfo:  # noqa: ARG002 - of the protocol
        card = await listed(ask, "/v1/models", self._model)
        if card is None:
            return BackendInfo(model=self._model, details="not among the models listed there")
        # "max_input_tokens" is Anthropic's; the list of OpenAI's service has no such field.
        window = card.get("max_input_tokens") or card.get("max_model_len")
        return BackendInfo(model=self._model, context_tokens=count(window) or None)


def named(settings: ModelSettings, example: str) -> str:
    """The model's name. Raises ConfigError where the settings have none."""
    if settings.model:
        return settings.model
    raise ConfigError(
        f"The model {settings.name!r} does not say which model to ask for: set"
        f' model = "{example}", or another that {settings.provider!r} serves.'
    )


def without_version(settings: ModelSettings) -> ModelSettings:
    """The same with a url that ends before "/v1", which many write as part of the address."""
    url = (settings.url or "").rstrip("/")
    return replace(settings, url=url.removesuffix("/v1")) if url else settings


def is_at(settings: ModelSettings, service_url: str) -> bool:
    """Whether the hosted service itself is asked, and not another server that speaks like it."""
    host = urlsplit(service_url).hostname
    return settings.url is None or urlsplit(settings.url).hostname == host


def openai_reason(status: int, body: Mapping[str, Any]) -> Reason | None:
    """What an error of OpenAI's form tells: {"error": {"message", "type", "param", "code"}}; see
    Explain in failures.py."""
    error = mapping(body.get("error"))
    param = error.get("param")
    match error.get("code"):
        case "insufficient_quota":
            return Reason(
                ModelErrorKind.AUTH,
                f"wants payment: the account behind the key has nothing left ({status}). Top it up",
            )
        case "context_length_exceeded":
            return Reason(
                ModelErrorKind.REJECTED,
                "has too small a context for the prompt. Lower max_prompt_tokens",
            )
        case "model_not_found":
            return Reason(
                ModelErrorKind.NOT_FOUND,
                "has no model of that name, or not for this key. Check the model's name",
            )
        case "unsupported_parameter" | "unsupported_value" if param in _REFUSABLE:
            return Reason(
                ModelErrorKind.REJECTED,
                f"has a model that does not take the field {param!r}. Choose another model",
            )
    return None
