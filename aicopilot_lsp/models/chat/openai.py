"""OpenAI chat completions, `/v1/chat/completions`: the hosted service and all that speak like it.

Wire facts are those of the OpenAI API reference (chat, create) and of llama.cpp's
tools/server/README.md, whose `timings` are read where they come.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aicopilot_lsp.models import failures, llamacpp_wire
from aicopilot_lsp.models.api import Call, Framing, Piece, Reader
from aicopilot_lsp.models.chat import faults
from aicopilot_lsp.models.chat.prompt import answer_tokens, conversation
from aicopilot_lsp.models.chat.reading import Answer, count, mapping, text_in
from aicopilot_lsp.models.http import json_object
from aicopilot_lsp.models.protocol import FinishReason, GenerateRequest, Healing, Hole, Usage
from aicopilot_lsp.models.sse import Event

# "content_filter" is an error, see _Events; "tool_calls" can't be, as no tools are offered.
_FINISH = {"stop": FinishReason.END, "length": FinishReason.LIMIT}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fields:
    """What a server takes, where they differ."""

    limit: str = "max_tokens"
    temperature: bool = True


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
    """

    model: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    fields: _Fields = _Fields()
    framing = Framing.SSE
    healing = Healing.NONE
    max_stops = 0
    takes_middle = False

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:  # noqa: ARG002 - of the protocol
        told = conversation(request.hole or Hole(prefix="", suffix=""))
        body: dict[str, Any] = {"model": self.model} if self.model else {}
        body |= {
            "messages": [
                {"role": "system", "content": told.system},
                {"role": "user", "content": told.user},
            ],
            self.fields.limit: answer_tokens(request),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if self.fields.temperature:
            body["temperature"] = request.temperature
        return Call(path="/v1/chat/completions", body=body | dict(self.extra))

    def reader(self, request: GenerateRequest) -> Reader:
        return _Events(Answer(request))


class _Events:
    """Reads the chunks of one answer; the last of them has the cost and no choice."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def read(self, event: Event, where: str) -> Piece | None:
        if event.data == "[DONE]":
            return None
        chunk = json_object(event.data, where)
        if event.name == "error":
            raise failures.from_error_object(where, chunk.get("error", chunk))
        failures.raise_error_in(chunk, where)
        choices = chunk.get("choices")
        choice = mapping(choices[0]) if isinstance(choices, list) and choices else {}
        delta = mapping(choice.get("delta"))
        self._answer.reasoned |= bool(delta.get("reasoning_content") or delta.get("reasoning"))
        ended = choice.get("finish_reason")
        if ended == "content_filter":
            raise faults.withheld(where)
        return self._answer.piece(
            text_in(delta.get("content"), where),
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
