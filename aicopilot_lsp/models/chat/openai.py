"""OpenAI chat completions, `/v1/chat/completions`: the hosted service and all that speak like it.

Wire facts are those of the OpenAI API reference (chat, create) and of llama.cpp's
tools/server/README.md, whose `timings` are read where they come.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.models import failures, hosted, llamacpp_wire
from aicopilot_lsp.models.api import Call, Framing, Piece, Reader
from aicopilot_lsp.models.chat import faults
from aicopilot_lsp.models.chat.api import ChatApi, is_at, named, openai_reason, without_version
from aicopilot_lsp.models.chat.prompt import answer_tokens, conversation
from aicopilot_lsp.models.chat.reading import Answer
from aicopilot_lsp.models.http import json_object
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import FinishReason, GenerateRequest, Healing, Usage
from aicopilot_lsp.models.sse import Event
from aicopilot_lsp.models.wire import count, first, mapping, text
from aicopilot_lsp.plugins import BackendContext

# "content_filter" is an error, see _Events; "tool_calls" can't be, as no tools are offered.
_FINISH = {"stop": FinishReason.END, "length": FinishReason.LIMIT}


URL = "https://api.openai.com"
# Later families of the hosted service refuse every temperature but their own; these are complete,
# so that no new name is sent a field that it refuses.
_SAMPLED = ("gpt-3.5", "gpt-4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What servers of this interface take, where they differ.

    Attributes
    ----------
    limit : str
        The field for the most tokens of an answer.
    temperature : bool
        Whether the model may be told one.
    """

    limit: str = "max_tokens"
    temperature: bool = True


def create(settings: ModelSettings, context: BackendContext) -> HttpBackend:
    """A backend for the chat model at `settings.url`, or at OpenAI. Connects to nothing.

    Raises
    ------
    ConfigError
        No model is named, or the address or a header can't be used.
    """
    model = named(settings, "gpt-4.1-mini")
    settings = without_version(settings)
    dialect = OpenAiChat(model, fields=fields_at(settings, model))
    return hosted.make(
        settings,
        context,
        ChatApi(model, dialect),
        server="OpenAI",
        usual_url=URL,
        default_url=URL,
        needs_key=is_at(settings, URL),
        explain=openai_reason,
    )


def fields_at(settings: ModelSettings, model: str) -> Fields:
    """What the server takes: the service has renamed the limit and refuses the old name for its
    newer models; the many others know the old name, and some of them only that."""
    if not is_at(settings, URL):
        return Fields()
    return Fields(limit="max_completion_tokens", temperature=takes_temperature(model))


def takes_temperature(model: str) -> bool:
    """Whether a model of the hosted service does."""
    return model.startswith(_SAMPLED)


@dataclass(frozen=True, slots=True)
class OpenAiChat:
    """A Dialect for the mode CHAT.

    Stop strings are kept to in our stream alone: they are about the text to be inserted, and the
    server would find them in what stands around it.

    Parameters
    ----------
    model : str
        "" where the server has but one.
    extra : mapping
        More fields for servers that are known to take them.
    begins : bool
        Whether the server lets the model go on with an answer that ends the messages.
    """

    model: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    fields: Fields = Fields()
    begins: bool = False
    path: str = "/v1/chat/completions"
    framing = Framing.SSE
    healing = Healing.NONE
    max_stops = 0
    takes_middle = False
    takes_files = True

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:  # noqa: ARG002 - of the protocol
        told = conversation(request)
        messages = [
            {"role": "system", "content": told.system},
            {"role": "user", "content": told.user},
        ]
        if self.begins:
            messages.append({"role": "assistant", "content": told.begun})
        body: dict[str, Any] = {"model": self.model} if self.model else {}
        body |= {
            "messages": messages,
            self.fields.limit: answer_tokens(request),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if self.fields.temperature:
            body["temperature"] = request.temperature
        return Call(path=self.path, body=body | dict(self.extra))

    def reader(self, request: GenerateRequest) -> Reader:
        told = conversation(request)
        return _Events(Answer(request, begun=told if self.begins else None))


class _Events:
    """Reads the chunks of one answer; the last of them has the cost and no choice."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def read(self, event: Event, where: str) -> Piece | None:
        if event.data == "[DONE]":
            return None
        chunk = json_object(event.data, where)
        if reason := openai_reason(400, chunk):
            raise failures.refused(where, reason)
        if event.name == "error":
            raise failures.from_error_object(where, chunk.get("error", chunk))
        failures.raise_error_in(chunk, where)
        choice = first(chunk.get("choices"))
        delta = mapping(choice.get("delta"))
        self._answer.reasoned |= bool(delta.get("reasoning_content") or delta.get("reasoning"))
        ended = choice.get("finish_reason")
        if ended == "content_filter":
            raise faults.withheld(where)
        return self._answer.piece(
            text(delta.get("content"), where),
            where=where,
            finish=_FINISH.get(ended, FinishReason.END) if isinstance(ended, str) else None,
            usage=_usage(chunk),
            usage_follows=True,
        )


def _usage(chunk: Mapping[str, Any]) -> Usage | None:
    if "timings" in chunk or "prompt_progress" in chunk:
        return llamacpp_wire.usage(chunk)
    told = mapping(chunk.get("usage"))
    prompt = count(told.get("prompt_tokens"))
    if prompt is None:
        return None
    cached = count(mapping(told.get("prompt_tokens_details")).get("cached_tokens"))
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=cached,
        evaluated_tokens=None if cached is None else max(0, prompt - cached),
        generated_tokens=count(told.get("completion_tokens")),
    )
