"""Ollama's chat, `/api/chat`. Wire facts are those of Ollama's docs/api.md."""

from dataclasses import dataclass
from typing import Any

from aicopilot_lsp.models import failures
from aicopilot_lsp.models.api import Call, Framing, Piece, Reader
from aicopilot_lsp.models.chat.prompt import answer_tokens, conversation
from aicopilot_lsp.models.chat.reading import Answer
from aicopilot_lsp.models.http import json_object
from aicopilot_lsp.models.protocol import FinishReason, GenerateRequest, Healing, Usage
from aicopilot_lsp.models.sse import Event
from aicopilot_lsp.models.wire import count, mapping, milliseconds, text

_NANOSECONDS_PER_MS = 1e6


@dataclass(frozen=True, slots=True)
class OllamaChat:
    """A Dialect for the mode CHAT.

    Stop strings are kept to in our stream alone: they are about the text to be inserted, and the
    server would find them in what stands around it.

    Parameters
    ----------
    context_tokens : int or None
        What the server is to reserve (num_ctx); None leaves it to the server, which cuts longer
        prompts at their beginning without a word.
    """

    model: str
    context_tokens: int | None = None
    framing = Framing.NDJSON
    healing = Healing.NONE
    max_stops = 0
    takes_middle = False
    takes_files = True

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:  # noqa: ARG002 - of the protocol
        told = conversation(request)
        options: dict[str, Any] = {
            "num_predict": answer_tokens(request),
            "temperature": request.temperature,
        }
        if self.context_tokens is not None:
            options["num_ctx"] = self.context_tokens
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": told.system},
                {"role": "user", "content": told.user},
            ],
            "stream": True,
            # Models that can't reason take it as well; others would spend the answer on it.
            "think": False,
            "options": options,
        }
        return Call(path="/api/chat", body=body)

    def reader(self, request: GenerateRequest) -> Reader:
        return _Lines(Answer(request))


class _Lines:
    """Reads the lines of one answer; the last is `done` and has the cost."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def read(self, event: Event, where: str) -> Piece | None:
        line = json_object(event.data, where)
        failures.raise_error_in(line, where)
        message = mapping(line.get("message"))
        self._answer.reasoned |= bool(message.get("thinking"))
        finish = None
        if line.get("done") is True:
            limited = line.get("done_reason") == "length"
            finish = FinishReason.LIMIT if limited else FinishReason.END
        return self._answer.piece(
            text(message.get("content"), where),
            where=where,
            finish=finish,
            usage=_usage(line) if finish else None,
            usage_follows=finish is None,
        )


def _usage(line: dict[str, Any]) -> Usage:
    """`prompt_eval_count` is the whole prompt; how much of it was cached is not told."""
    return Usage(
        prompt_tokens=count(line.get("prompt_eval_count")),
        generated_tokens=count(line.get("eval_count")),
        prefill_ms=milliseconds(line.get("prompt_eval_duration"), _NANOSECONDS_PER_MS),
        decode_ms=milliseconds(line.get("eval_duration"), _NANOSECONDS_PER_MS),
    )
