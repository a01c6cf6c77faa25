"""Tabby, a server for teams: `/v1/completions`, where the server writes the prompt.

Wire facts are those of Tabby's API description (CompletionRequest, Segments, CompletionResponse,
HealthState) and of its languages.toml. The answer comes as a whole, and says neither how it ended
nor what it cost. `/v1/events`, which counts what was accepted, is not spoken to.
"""

import re
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
from aicopilot_lsp.models.protocol import (
    BackendInfo,
    FinishReason,
    GenerateRequest,
    Healing,
    Mode,
    Snippet,
    hole_of,
)
from aicopilot_lsp.models.sse import Event
from aicopilot_lsp.models.wire import first, mapping, text, word
from aicopilot_lsp.plugins import BackendContext

# Tabby takes VS Code's language ids; what it calls otherwise, and what other editors do.
_LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "bash": "shellscript",
        "c++": "cpp",
        "cs": "csharp",
        "golang": "go",
        "latex": "tex",
        "plaintext": "txt",
        "sh": "shellscript",
        "text": "txt",
        "zsh": "shellscript",
    }
)
# A word or a mark with the blanks before it: what a token is at least, roughly.
_PIECE = re.compile(r"\s*(?:\w+|[^\w\s])")
# Tabby ends an answer at 64 tokens unless its configuration says otherwise, and does not tell. One
# that may be so long, some two tokens to a piece, may end in the middle of a line.
_MAYBE_CUT_PIECES = 24


def create(settings: ModelSettings, context: BackendContext) -> HttpBackend:
    """A backend for the Tabby server at `settings.url`. Connects to nothing.

    Raises
    ------
    ConfigError
        The address is missing or can't be used, or a header or the FIM format can't.
    """
    api = TabbyApi()
    return hosted.make(
        replace(settings, url=without_end(settings.url, "/v1")),
        context,
        api,
        server="Tabby",
        usual_url="http://127.0.0.1:8080",
        explain=api.explain,
    )


class TabbyApi:
    """An Api; see api.py. The server serves the one model that it was started with."""

    def __init__(self) -> None:
        self.dialects: Mapping[Mode, Dialect] = MappingProxyType({Mode.NATIVE: _Completion()})

    async def describe(self, ask: Ask, where: str) -> BackendInfo:  # noqa: ARG002 - of the protocol
        health = await ask("/v1/health")
        version = word(mapping(health.get("version")).get("git_describe"))
        details = (word(health.get("device")), f"Tabby {version}" if version else "")
        return BackendInfo(
            model=word(health.get("model")) or "unknown", details=", ".join(filter(None, details))
        )

    def explain(self, status: int, body: Mapping[str, Any]) -> Reason | None:  # noqa: ARG002 - Tabby's errors have no body worth reading
        """See Explain in failures.py."""
        if status == 501:
            return Reason(
                ModelErrorKind.NOT_FOUND,
                "was started without a model for completions (501). Start Tabby with --model",
            )
        return None


@dataclass(frozen=True, slots=True)
class _Completion:
    """`/v1/completions`. It takes neither stop strings nor a limit: both are kept to here."""

    framing = Framing.JSON
    healing = Healing.CHECKED
    max_stops = 0
    takes_middle = False
    takes_files = True

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:  # noqa: ARG002 - of the protocol
        hole = hole_of(request)
        segments: dict[str, Any] = {"prefix": hole.before, "suffix": hole.suffix}
        if hole.file_name:
            segments["filepath"] = hole.file_name
        if hole.snippets:
            segments["relevant_snippets_from_recently_opened_files"] = _ranked(hole.snippets)
        body: dict[str, Any] = {"segments": segments, "temperature": request.temperature}
        if hole.language_id:
            body["language"] = _LANGUAGES.get(hole.language_id, hole.language_id)
        return Call(path="/v1/completions", body=body)

    def reader(self, request: GenerateRequest) -> Reader:
        return _Whole(request.max_tokens)


def _ranked(snippets: tuple[Snippet, ...]) -> list[dict[str, Any]]:
    """Best first, as Tabby wants them, with scores that say no more than that."""
    best_first = reversed(snippets)
    return [
        {"filepath": one.path, "body": one.text, "score": 1.0 / rank}
        for rank, one in enumerate(best_first, start=1)
    ]


class _Whole:
    """Reads the one object of an answer."""

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens

    def read(self, event: Event, where: str) -> Piece | None:
        answer = json_object(event.data, where)
        failures.raise_error_in(answer, where)
        if not isinstance(answer.get("choices"), list):
            raise failures.bad_answer(where, "it has no choices")
        whole = text(first(answer["choices"]).get("text"), where)
        pieces = list(_PIECE.finditer(whole))
        if len(pieces) > self._max_tokens:
            return Piece(
                text=whole[: pieces[self._max_tokens - 1].end()], finish=FinishReason.LIMIT
            )
        maybe_cut = len(pieces) >= _MAYBE_CUT_PIECES
        return Piece(text=whole, finish=FinishReason.LIMIT if maybe_cut else FinishReason.END)
