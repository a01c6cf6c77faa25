"""OpenAI responses, `/v1/responses`. Wire facts are those of the OpenAI API reference (responses,
create; streaming events)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.errors import ModelErrorKind
from aicopilot_lsp.models import failures, hosted
from aicopilot_lsp.models.api import Call, Framing, Piece, Reader
from aicopilot_lsp.models.chat import faults
from aicopilot_lsp.models.chat.api import ChatApi, is_at, named, openai_reason, without_version
from aicopilot_lsp.models.chat.openai import URL, takes_temperature
from aicopilot_lsp.models.chat.prompt import answer_tokens, conversation
from aicopilot_lsp.models.chat.reading import Answer
from aicopilot_lsp.models.failures import Reason
from aicopilot_lsp.models.http import json_object
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import FinishReason, GenerateRequest, Healing, Usage
from aicopilot_lsp.models.sse import Event
from aicopilot_lsp.models.wire import count, mapping, text
from aicopilot_lsp.plugins import BackendContext

# Fewer are refused.
_LEAST_TOKENS = 16


def create(settings: ModelSettings, context: BackendContext) -> HttpBackend:
    """A backend for the model at `settings.url`, or at OpenAI. Connects to nothing.

    Raises
    ------
    ConfigError
        No model is named, or the address or a header can't be used.
    """
    model = named(settings, "gpt-4.1-mini")
    settings = without_version(settings)
    at_openai = is_at(settings, URL)
    dialect = OpenAiResponses(model, temperature=not at_openai or takes_temperature(model))
    return hosted.make(
        settings,
        context,
        ChatApi(model, dialect),
        server="OpenAI",
        usual_url=URL,
        default_url=URL,
        needs_key=at_openai,
        explain=openai_reason,
    )


@dataclass(frozen=True, slots=True)
class OpenAiResponses:
    """A Dialect for the mode CHAT. The interface has no stop strings; nothing is stored."""

    model: str
    temperature: bool = True
    framing = Framing.SSE
    healing = Healing.NONE
    max_stops = 0
    takes_middle = False
    takes_files = True

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:  # noqa: ARG002 - of the protocol
        told = conversation(request)
        body: dict[str, Any] = {
            "model": self.model,
            "instructions": told.system,
            "input": [{"role": "user", "content": told.user}],
            "max_output_tokens": max(_LEAST_TOKENS, answer_tokens(request)),
            "stream": True,
            "store": False,
        }
        if self.temperature:
            body["temperature"] = request.temperature
        return Call(path="/v1/responses", body=body)

    def reader(self, request: GenerateRequest) -> Reader:
        return _Events(Answer(request))


class _Events:
    """Reads the events of one answer. Each has its name in `type`, too."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def read(self, event: Event, where: str) -> Piece | None:
        if event.data == "[DONE]":
            return None
        told = json_object(event.data, where)
        response = mapping(told.get("response"))
        match told.get("type", event.name):
            case "response.output_text.delta":
                return self._answer.piece(text(told.get("delta"), where), where=where)
            case "response.completed":
                return self._last(FinishReason.END, response, where)
            case "response.incomplete":
                if mapping(response.get("incomplete_details")).get("reason") == "content_filter":
                    raise faults.withheld(where)
                return self._last(FinishReason.LIMIT, response, where)
            case "response.failed":
                raise _failure(response.get("error"), where)
            case "error":
                raise _failure(told.get("error") or told, where)
        failures.raise_error_in(told, where)
        return None

    def _last(self, finish: FinishReason, response: Mapping[str, Any], where: str) -> Piece | None:
        told = mapping(response.get("usage"))
        details = mapping(told.get("output_tokens_details"))
        self._answer.reasoned |= bool(count(details.get("reasoning_tokens")))
        return self._answer.piece("", where=where, finish=finish, usage=_usage(told))


def _failure(error: object, where: str) -> Exception:
    """`error` has a code of the service's own, and no status."""
    found = mapping(error)
    if found.get("code") == "rate_limit_exceeded":
        return failures.refused(
            where, Reason(ModelErrorKind.BUSY, "asks for fewer requests or tokens a minute")
        )
    reason = openai_reason(400, {"error": found})
    return failures.refused(where, reason) if reason else failures.from_error_object(where, found)


def _usage(told: Mapping[str, Any]) -> Usage | None:
    prompt = count(told.get("input_tokens"))
    if prompt is None:
        return None
    cached = count(mapping(told.get("input_tokens_details")).get("cached_tokens"))
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=cached,
        evaluated_tokens=None if cached is None else max(0, prompt - cached),
        generated_tokens=count(told.get("output_tokens")),
    )
