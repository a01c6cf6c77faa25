"""Anthropic messages, `/v1/messages`. Wire facts are those of Anthropic's API reference (messages,
streaming messages, prompt caching, errors)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aicopilot_lsp.config.settings import ModelSettings, Secret
from aicopilot_lsp.errors import ModelErrorKind
from aicopilot_lsp.models import failures, hosted
from aicopilot_lsp.models.api import Call, Framing, Piece, Reader
from aicopilot_lsp.models.chat.api import ChatApi, is_at, named, without_version
from aicopilot_lsp.models.chat.prompt import answer_tokens, conversation
from aicopilot_lsp.models.chat.reading import Answer
from aicopilot_lsp.models.failures import Reason
from aicopilot_lsp.models.http import json_object
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import FinishReason, GenerateRequest, Healing, Usage
from aicopilot_lsp.models.sse import Event
from aicopilot_lsp.models.wire import count, mapping, text
from aicopilot_lsp.plugins import BackendContext

_URL = "https://api.anthropic.com"
_VERSION = "2023-06-01"
_VERSION_HEADER = "anthropic-version"
# Later models refuse a temperature; these families are complete.
_SAMPLED = ("claude-3", "claude-sonnet-4", "claude-haiku-4")
_FINISH = {
    "max_tokens": FinishReason.LIMIT,
    "model_context_window_exceeded": FinishReason.LIMIT,
    "stop_sequence": FinishReason.STOP,
}


def create(settings: ModelSettings, context: BackendContext) -> HttpBackend:
    """A backend for the model at `settings.url`, or at Anthropic. Connects to nothing.

    Raises
    ------
    ConfigError
        No model is named, or the address or a header can't be used.
    """
    model = named(settings, "claude-haiku-4-5")
    settings = without_version(settings)
    named_headers = {name.lower() for name in settings.headers}
    if _VERSION_HEADER not in named_headers:
        # Here and not with the call: the list of models wants it, too.
        headers = {**settings.headers, _VERSION_HEADER: Secret(_VERSION)}
        settings = replace(settings, headers=headers)
    at_home = is_at(settings, _URL)
    dialect = AnthropicMessages(model, temperature=not at_home or model.startswith(_SAMPLED))
    return hosted.make(
        settings,
        context,
        ChatApi(model, dialect),
        server="Anthropic",
        usual_url=_URL,
        default_url=_URL,
        key_header="x-api-key",
        needs_key=at_home,
        explain=_explain,
    )


@dataclass(frozen=True, slots=True)
class AnthropicMessages:
    """A Dialect for the mode CHAT. Stop strings are kept to in our stream alone: see OpenAiChat."""

    model: str
    temperature: bool = True
    framing = Framing.SSE
    healing = Healing.NONE
    max_stops = 0
    takes_middle = False
    takes_files = True

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:  # noqa: ARG002 - of the protocol
        told = conversation(request)
        # What is marked is kept for the next requests, with all that stands before it; the service
        # takes no empty block.
        stable = [_block(told.stable) | {"cache_control": {"type": "ephemeral"}}]
        body: dict[str, Any] = {
            "model": self.model,
            "max_tokens": answer_tokens(request),
            "system": told.system,
            "messages": [
                {
                    "role": "user",
                    "content": [*(stable if told.stable.strip() else ()), _block(told.volatile)],
                }
            ],
            "stream": True,
        }
        if self.temperature:
            body["temperature"] = request.temperature
        return Call(path="/v1/messages", body=body)

    def reader(self, request: GenerateRequest) -> Reader:
        return _Events(Answer(request))


class _Events:
    """Reads the events of one answer: the cost of the prompt comes first, the answer's last."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._usage = Usage()

    def read(self, event: Event, where: str) -> Piece | None:
        told = json_object(event.data, where)
        match told.get("type", event.name):
            case "message_start":
                self._usage = _usage(mapping(mapping(told.get("message")).get("usage")))
                return self._answer.piece("", where=where, usage=self._usage)
            case "content_block_delta":
                delta = mapping(told.get("delta"))
                self._answer.reasoned |= delta.get("type") == "thinking_delta"
                is_text = delta.get("type") == "text_delta"
                said = text(delta.get("text"), where) if is_text else ""
                return self._answer.piece(said, where=where)
            case "message_delta":
                return self._last(told, where)
            case "error":
                raise _failure(mapping(told.get("error")), where)
        failures.raise_error_in(told, where)
        return None

    def _last(self, told: Mapping[str, Any], where: str) -> Piece | None:
        generated = count(mapping(told.get("usage")).get("output_tokens"))
        self._usage = replace(self._usage, generated_tokens=generated)
        reason = mapping(told.get("delta")).get("stop_reason")
        finish = _FINISH.get(reason, FinishReason.END) if isinstance(reason, str) else None
        return self._answer.piece("", where=where, finish=finish, usage=self._usage)


def _block(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def _usage(told: Mapping[str, Any]) -> Usage:
    """`input_tokens` are those that the cache had nothing to do with."""
    fresh, read = count(told.get("input_tokens")), count(told.get("cache_read_input_tokens"))
    written = count(told.get("cache_creation_input_tokens")) or 0
    if fresh is None:
        return Usage()
    return Usage(
        prompt_tokens=fresh + written + (read or 0),
        cached_tokens=read,
        evaluated_tokens=None if read is None else fresh + written,
    )


def _explain(status: int, body: Mapping[str, Any]) -> Reason | None:
    """See Explain in failures.py. Errors are {"type": "error", "error": {"type", "message"}}."""
    error = mapping(body.get("error"))
    message = error.get("message")
    said = message if isinstance(message, str) else ""
    match error.get("type"):
        case "invalid_request_error" if said.startswith("prompt is too long"):
            return Reason(
                ModelErrorKind.REJECTED,
                "has too small a context for the prompt. Lower max_prompt_tokens",
            )
        case "invalid_request_error" if "credit balance" in said:
            return Reason(
                ModelErrorKind.AUTH,
                f"wants payment: the account behind the key has nothing left ({status}). Top it up",
            )
        case "not_found_error" if said.startswith("model:"):
            return Reason(
                ModelErrorKind.NOT_FOUND,
                "has no model of that name, or not for this key. Check the model's name",
            )
    return _BY_TYPE.get(str(error.get("type"))) if status in _OWN_STATUSES else None


_OVERLOADED = Reason(ModelErrorKind.BUSY, "is overloaded. Ask again in a while")
# Errors in the midst of a stream have a type and no status.
_BY_TYPE = {
    "overloaded_error": _OVERLOADED,
    "rate_limit_error": Reason(ModelErrorKind.BUSY, "asks for fewer requests or tokens a minute"),
    "timeout_error": Reason(ModelErrorKind.TIMEOUT, "gave up waiting"),
    "billing_error": Reason(
        ModelErrorKind.AUTH, "wants payment: the account behind the key has nothing left. Top it up"
    ),
    "api_error": Reason(ModelErrorKind.SERVER, "failed. Ask again in a while"),
}
_IN_STREAM = 0
_OWN_STATUSES = (_IN_STREAM, 504, 529)


def _failure(error: Mapping[str, Any], where: str) -> Exception:
    reason = _explain(_IN_STREAM, {"error": error})
    return failures.refused(where, reason) if reason else failures.from_error_object(where, error)
