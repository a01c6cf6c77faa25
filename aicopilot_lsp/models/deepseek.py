"""DeepSeek's hosted FIM, `/beta/completions`.

Wire facts are those of DeepSeek's API documentation ("Create FIM Completion (Beta)", "Error Codes",
"Context Caching", "Models & Pricing" of autumn 2026).
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
from aicopilot_lsp.models.wire import count, first, mapping, text, word
from aicopilot_lsp.plugins import BackendContext

_URL = "https://api.deepseek.com"
# "deepseek-chat", which examples still show, was switched off in July 2026.
_MODEL = "deepseek-flash"
_MAX_TOKENS = 4_096
_MAX_STOPS = 16


def create(settings: ModelSettings, context: BackendContext) -> HttpBackend:
    """A backend for DeepSeek. Connects to nothing.

    Raises
    ------
    ConfigError
        The address, a header or the FIM format can't be used.
    """
    model = settings.model or _MODEL
    settings = replace(settings, model=model, url=without_end(settings.url, "/beta", "/v1"))
    api = DeepSeekApi(model)
    return hosted.make(
        settings,
        context,
        api,
        server="DeepSeek",
        usual_url=_URL,
        default_url=_URL,
        needs_key=True,
        explain=api.explain,
    )


class DeepSeekApi:
    """An Api; see api.py."""

    def __init__(self, model: str) -> None:
        self._model = model
        self.dialects: Mapping[Mode, Dialect] = MappingProxyType({Mode.NATIVE: _Fim(model)})

    async def describe(self, ask: Ask, where: str) -> BackendInfo:  # noqa: ARG002 - of the protocol
        known = await listed(ask, "/models", self._model) is not None
        # Older names are served and not listed.
        details = "" if known else "not among the models listed there"
        return BackendInfo(model=self._model, details=details)

    def explain(self, status: int, body: Mapping[str, Any]) -> Reason | None:
        """See Explain in failures.py."""
        said = word(mapping(body.get("error")).get("message")).lower()
        if status in (400, 404) and "model not exist" in said:
            return Reason(
                ModelErrorKind.NOT_FOUND,
                f"has no model {self._model!r}. Set the model's name to one that DeepSeek offers,"
                f" such as {_MODEL!r}",
            )
        if status == 402:
            return Reason(
                ModelErrorKind.AUTH,
                "says that the account has no balance left (402). Top it up at DeepSeek",
            )
        if status == 422:
            return Reason(
                ModelErrorKind.REJECTED,
                "takes no request with these values (422). Check the model's name",
            )
        return None


@dataclass(frozen=True, slots=True)
class _Fim:
    """`/beta/completions`, which takes a suffix."""

    model: str
    framing = Framing.SSE
    healing = Healing.CHECKED
    max_stops = _MAX_STOPS
    takes_middle = False
    takes_files = True

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:
        hole = hole_of(request)
        body: dict[str, Any] = {
            "model": self.model,
            "prompt": _with_files(hole),
            "suffix": hole.suffix,
            "max_tokens": min(request.max_tokens, _MAX_TOKENS),
            "temperature": request.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if stop:
            body["stop"] = list(stop)
        return Call(path="/beta/completions", body=body)

    def reader(self, request: GenerateRequest) -> Reader:
        return _Events(FinishReason.STOP if request.stop else FinishReason.END)


def _with_files(hole: Hole) -> str:
    """What stands before the hole, behind the other files as DeepSeek-Coder was trained on them:
    each under its path in a comment."""
    if not hole.snippets:
        return hole.before
    others = "".join(f"#{one.path}\n{one.text}\n" for one in hole.snippets)
    return f"{others}#{hole.file_name}\n{hole.before}"


class _Events:
    """Reads the stream of an answer; its cost comes last, in an event without a choice."""

    def __init__(self, stopped: FinishReason) -> None:
        # "stop" is said of the end token and of stop strings alike; what was filtered is not whole.
        self._finish = {
            "stop": stopped,
            "length": FinishReason.LIMIT,
            "content_filter": FinishReason.LIMIT,
        }

    def read(self, event: Event, where: str) -> Piece | None:
        if event.data == "[DONE]":
            return None
        answer = json_object(event.data, where)
        failures.raise_error_in(answer, where)
        choice = first(answer.get("choices"))
        ended = choice.get("finish_reason")
        if ended == "insufficient_system_resource":
            raise failures.from_status(where, 503, server="DeepSeek")
        piece = text(choice.get("text"), where)
        finish = self._finish.get(ended, FinishReason.END) if isinstance(ended, str) else None
        cost = _usage(answer)
        if not (piece or finish or cost):
            return None
        return Piece(text=piece, usage=cost, finish=finish, usage_follows=cost is None)


def _usage(answer: Mapping[str, Any]) -> Usage | None:
    """`prompt_tokens` is the sum of the cache's hits and misses."""
    told = mapping(answer.get("usage"))
    if not told:
        return None
    hit, missed = (count(told.get(f"prompt_cache_{one}_tokens")) for one in ("hit", "miss"))
    prompt = count(told.get("prompt_tokens")) or None
    is_told = hit is not None and missed is not None and hit + missed == prompt
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=hit if is_told else None,
        evaluated_tokens=missed if is_told else None,
        generated_tokens=count(told.get("completion_tokens")),
    )
