"""Mistral's hosted FIM, `/v1/fim/completions`: Codestral at api.mistral.ai, or, with a key of its
own, at codestral.mistral.ai.

Wire facts are those of Mistral's API description (FIMCompletionStreamRequest, CompletionChunk,
ModelList, HTTPValidationError); the errors' form is what its gateway sends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.config.urls import without_end
from aicopilot_lsp.errors import ModelErrorKind
from aicopilot_lsp.models import failures, hosted
from aicopilot_lsp.models.api import Ask, Call, Dialect, Framing, Piece, Reader
from aicopilot_lsp.models.failures import Reason
from aicopilot_lsp.models.http import json_object
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.listing import listed
from aicopilot_lsp.models.protocol import (
    BackendInfo,
    FinishReason,
    GenerateRequest,
    Healing,
    Hole,
    Mode,
    Usage,
    hole_of,
)
from aicopilot_lsp.models.sse import Event
from aicopilot_lsp.models.wire import count, first, mapping, text
from aicopilot_lsp.plugins import BackendContext

_URL = "https://api.mistral.ai"
_MODEL = "codestral-latest"
# Codestral is trained on several files in one text, each under such a line; the last is the one
# with the hole. It may go on to write another file.
_FILE_MARK = "+++++ "
_NEXT_FILE = f"\n{_FILE_MARK}"


def create(settings: ModelSettings, context: BackendContext) -> HttpBackend:
    """A backend for Codestral at `settings.url`, or at Mistral. Connects to nothing.

    Raises
    ------
    ConfigError
        The address, a header or the FIM format can't be used.
    """
    model = settings.model or _MODEL
    settings = replace(settings, model=model, url=without_end(settings.url, "/v1"))
    api = MistralApi(model)
    return hosted.make(
        settings,
        context,
        api,
        server="Mistral",
        usual_url=_URL,
        default_url=_URL,
        needs_key=True,
        explain=api.explain,
    )


class MistralApi:
    """An Api; see api.py."""

    def __init__(self, model: str) -> None:
        self._model = model
        self.dialects: Mapping[Mode, Dialect] = MappingProxyType({Mode.NATIVE: _Fim(model)})

    async def describe(self, ask: Ask, where: str) -> BackendInfo:  # noqa: ARG002 - of the protocol
        card = await listed(ask, "/v1/models", self._model)
        if card is None:
            return BackendInfo(model=self._model, details="not among the models listed there")
        fills = mapping(card.get("capabilities")).get("completion_fim") is not False
        return BackendInfo(
            model=self._model,
            context_tokens=count(card.get("max_context_length")) or None,
            details="" if fills else "does not fill holes",
        )

    def explain(self, status: int, body: Mapping[str, Any]) -> Reason | None:
        """See Explain in failures.py. Errors are {"object": "error", "message", "type", "code"} or,
        for what the description forbids, {"detail": [...]}."""
        if status in (400, 404) and body.get("type") == "invalid_model":
            return Reason(
                ModelErrorKind.NOT_FOUND,
                f"has no model {self._model!r} that fills holes. Set the model's name to one of"
                f" Mistral's Codestral models, such as {_MODEL!r}",
            )
        if status == 422 and isinstance(body.get("detail"), list):
            return Reason(
                ModelErrorKind.REJECTED,
                "takes no request of this form (422). Check the model's name and provider",
            )
        return None


@dataclass(frozen=True, slots=True)
class _Fim:
    """`/v1/fim/completions`."""

    model: str
    framing = Framing.SSE
    healing = Healing.CHECKED
    max_stops = None
    takes_middle = False
    takes_files = True

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:
        hole = hole_of(request)
        body: dict[str, Any] = {
            "model": self.model,
            "prompt": _with_files(hole),
            # Without a suffix an answer begins with a line break, which is then not in its place.
            "suffix": hole.suffix or "\n",
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stream": True,
        }
        stops = (*stop, _NEXT_FILE) if hole.snippets else stop
        if stops:
            body["stop"] = list(stops)
        return Call(path="/v1/fim/completions", body=body)

    def reader(self, request: GenerateRequest) -> Reader:
        return _Events(FinishReason.STOP if request.stop else FinishReason.END)


def _with_files(hole: Hole) -> str:
    """What stands before the hole, behind the other files in Codestral's own form."""
    if not hole.snippets:
        return hole.before
    others = "".join(f"{_FILE_MARK}{one.path}\n{one.text}\n\n" for one in hole.snippets)
    return f"{others}{_FILE_MARK}{hole.file_name}\n{hole.before}"


class _Events:
    """Reads the stream of an answer, whose events have the form of a chat's."""

    def __init__(self, stopped: FinishReason) -> None:
        # "stop" is said of the end token and of stop strings alike.
        self._finish = {
            "stop": stopped,
            "length": FinishReason.LIMIT,
            "model_length": FinishReason.LIMIT,
        }

    def read(self, event: Event, where: str) -> Piece | None:
        if event.data == "[DONE]":
            return None
        answer = json_object(event.data, where)
        if answer.get("object") == "error":
            raise failures.from_error_object(where, answer)
        failures.raise_error_in(answer, where)
        choice = first(answer.get("choices"))
        ended = choice.get("finish_reason")
        if ended == "error":
            raise failures.from_status(where, 500, server="Mistral")
        piece = _content(mapping(choice.get("delta")).get("content"), where)
        finish = self._finish.get(ended, FinishReason.END) if isinstance(ended, str) else None
        cost = _usage(answer)
        if not (piece or finish or cost):
            return None
        return Piece(text=piece, usage=cost, finish=finish, usage_follows=cost is None)


def _content(value: object, where: str) -> str:
    """A string, null, or a list of chunks, those of the type "text" holding text."""
    if not isinstance(value, list):
        return text(value, where)
    chunks = [mapping(chunk) for chunk in value]
    return "".join(text(one.get("text"), where) for one in chunks if one.get("type") == "text")


def _usage(answer: Mapping[str, Any]) -> Usage | None:
    told = mapping(answer.get("usage"))
    if not told:
        return None
    return Usage(
        prompt_tokens=count(told.get("prompt_tokens")) or None,
        generated_tokens=count(told.get("completion_tokens")),
    )
