"""Ollama: `/api/generate` with a prompt of ours (raw) or with prefix and suffix, and `/api/chat`.

Wire facts are those of Ollama's docs/api.md and api/types.go; what it does with a prompt that is
too long or empty, and `truncate`, those of its server/routes.go. ollama_wire.py reads its JSON.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.config.urls import without_end
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models import hosted
from aicopilot_lsp.models.api import Ask, Call, Dialect, Framing, Piece, Reader
from aicopilot_lsp.models.chat.ollama import OllamaChat
from aicopilot_lsp.models.failures import Reason, from_status, refused
from aicopilot_lsp.models.http import json_object
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.ollama_wire import (
    Facts,
    Fault,
    details,
    facts,
    fault,
    finish_reason,
    loaded_tokens,
    usage,
)
from aicopilot_lsp.models.protocol import (
    BackendInfo,
    FinishReason,
    GenerateRequest,
    Healing,
    Mode,
    hole_of,
)
from aicopilot_lsp.models.sse import Event
from aicopilot_lsp.models.wire import text, word
from aicopilot_lsp.plugins import BackendContext

_URL = "http://127.0.0.1:11434"


def create(settings: ModelSettings, context: BackendContext) -> HttpBackend:
    """A backend for a model of the Ollama server at `settings.url`. Connects to nothing.

    Raises
    ------
    ConfigError
        No model is named, or the address, a header or the FIM format can't be used.
    """
    if not settings.model:
        raise ConfigError(
            f"The model {settings.name!r} does not say which of Ollama's models it is: set its"
            ' model, such as model = "qwen2.5-coder:1.5b-base". `ollama list` shows those that are'
            " there."
        )
    api = OllamaApi(settings.model)
    return hosted.make(
        replace(settings, url=without_end(settings.url, "/api", "/v1")),
        context,
        api,
        server="Ollama",
        usual_url=_URL,
        default_url=_URL,
        explain=api.explain,
    )


class OllamaApi:
    """An Api, and a LearningApi; see api.py. What the model can do, and with which window it is
    asked, is learned before the first request.

    `num_ctx` goes along with every request: without it the server takes its default, and cuts a
    longer prompt at its beginning without a word. It is the same each time, for a change of it
    loads the model anew, which takes seconds. `keep_alive` does not go along: it would override how
    long the user lets models stay in memory (OLLAMA_KEEP_ALIVE).
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._settle(Facts())

    @property
    def dialects(self) -> Mapping[Mode, Dialect]:
        return self._dialects

    async def learn(self, ask: Ask, where: str) -> None:  # noqa: ARG002 - of the protocol
        """See LearningApi."""
        await self._look(ask)

    async def describe(self, ask: Ask, where: str) -> BackendInfo:  # noqa: ARG002 - of the protocol
        shown = await self._look(ask)
        version = await ask("/api/version")
        found = details(shown)
        if number := word(version.get("version")):
            found.append(f"Ollama {number}")
        return BackendInfo(
            model=self._model,
            context_tokens=self._facts.window_tokens,
            details=", ".join(found),
        )

    def explain(self, status: int, body: Mapping[str, Any]) -> Reason | None:
        """See Explain in failures.py. Ollama's errors are sentences, which are recognised."""
        return _reason(self._model, status, fault(body))

    async def _look(self, ask: Ask) -> Mapping[str, Any]:
        """Learn what `/api/show` tells; its answer."""
        shown = await ask("/api/show", {"model": self._model})
        running: Mapping[str, Any] = {}
        with suppress(ModelError):  # servers from before the middle of 2024 have no such path
            running = await ask("/api/ps")
        self._settle(facts(shown, loaded_tokens(running, self._model)))
        return shown

    def _settle(self, known: Facts) -> None:
        self._facts = known
        self._dialects: Mapping[Mode, Dialect] = MappingProxyType(
            {
                Mode.RAW: _Generate(self._model, known, is_raw=True),
                Mode.NATIVE: _Generate(self._model, known, is_raw=False),
                Mode.CHAT: OllamaChat(self._model, context_tokens=known.window_tokens),
            }
        )


@dataclass(frozen=True, slots=True)
class _Generate:
    """`/api/generate`. Raw, the prompt is ours; else the model's template makes one of prefix and
    suffix, where it has a place for a suffix."""

    model: str
    facts: Facts
    is_raw: bool
    framing = Framing.NDJSON
    healing = Healing.CHECKED
    max_stops = None
    takes_middle = False
    takes_files = False

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:
        options: dict[str, Any] = {
            "num_ctx": self.facts.window_tokens,
            "num_predict": request.max_tokens,
            "temperature": request.temperature,
        }
        if stop:  # they take the place of those in the model's file
            options["stop"] = list(stop)
        body: dict[str, Any] = {"model": self.model}
        if self.is_raw:
            body |= {"prompt": request.prompt, "raw": True}
        else:
            hole = hole_of(request)
            # Without a suffix the server takes the prompt for a chat message, and without a prompt
            # it only loads the model: a line break stands for the empty text.
            body |= {"prompt": hole.before or "\n", "suffix": hole.suffix or "\n"}
            if self.facts.thinks:
                body["think"] = False
        # With `truncate` off a prompt that is too long is an error; servers from before September
        # 2025 don't know the word.
        body |= {"options": options, "truncate": False, "stream": True}
        return Call(path="/api/generate", body=body)

    def reader(self, request: GenerateRequest) -> Reader:
        return _Lines(self.model, FinishReason.STOP if request.stop else FinishReason.END)


class _Lines:
    """Reads the lines of one answer; the last is `done` and has the cost."""

    def __init__(self, model: str, stopped: FinishReason) -> None:
        self._model = model
        self._stopped = stopped

    def read(self, event: Event, where: str) -> Piece | None:
        line = json_object(event.data, where)
        if "error" in line:
            status = line.get("status")
            status = status if isinstance(status, int) and 400 <= status <= 599 else 500
            reason = _reason(self._model, status, fault(line))
            raise refused(where, reason) if reason else from_status(where, status, server="Ollama")
        piece = text(line.get("response"), where)
        if line.get("done") is True:
            return Piece(text=piece, usage=usage(line), finish=finish_reason(line, self._stopped))
        return Piece(text=piece) if piece else None


def _reason(model: str, status: int, found: Fault) -> Reason | None:
    if found.no_such_model:
        return Reason(
            ModelErrorKind.NOT_FOUND,
            f"has no model {model!r}. Run `ollama pull {model}` there, or choose one that"
            " `ollama list` shows",
        )
    if found.needs_newer:
        return Reason(
            ModelErrorKind.REJECTED, f"is too old for the model {model!r}. Update Ollama there"
        )
    if found.no_insert:
        return Reason(
            ModelErrorKind.REJECTED,
            f"can't fill holes with the model {model!r} by itself: its template has no place for"
            ' a suffix. Remove fim_format = "native" from the model\'s settings',
        )
    if found.no_generate:
        return Reason(
            ModelErrorKind.REJECTED,
            f"says that {model!r} is no model that writes text. Choose another of `ollama list`",
        )
    if found.no_memory:
        return Reason(
            ModelErrorKind.SERVER,
            f"has not enough memory for the model {model!r}. Choose a smaller one, or free memory"
            " there",
        )
    if found.too_long:
        sizes = found.sizes or "its prompt"
        return Reason(
            ModelErrorKind.REJECTED,
            f"has too small a window for {sizes}. Lower max_prompt_tokens, or give the model a"
            " larger num_ctx in its Modelfile",
        )
    if status == 401 and found.is_known:
        return Reason(
            ModelErrorKind.AUTH, f"is not signed in for {model!r}. Run `ollama signin` there"
        )
    if status == 503 and found.is_known:
        return Reason(ModelErrorKind.BUSY, "has too many requests waiting (503)")
    return None
