"""llama.cpp: raw `/completion` with the prompt's tokens under our control, its own `/infill`, and
its chat interface for models that know no FIM tokens.

Wire facts are those of llama.cpp's tools/server/README.md, checked with xllamacpp 2026.10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.models import failures, hosted
from aicopilot_lsp.models.api import Ask, Call, Dialect, Framing, Piece, Reader
from aicopilot_lsp.models.chat.openai import OpenAiChat
from aicopilot_lsp.models.http import json_object
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.llamacpp_wire import (
    context_tokens,
    details,
    finish_reason,
    joined_pieces,
    model_name,
    sampling,
    usage,
)
from aicopilot_lsp.models.protocol import BackendInfo, GenerateRequest, Healing, Mode, hole_of
from aicopilot_lsp.models.sse import Event
from aicopilot_lsp.models.wire import text
from aicopilot_lsp.plugins import BackendContext


def create(settings: ModelSettings, context: BackendContext) -> HttpBackend:
    """A backend for the llama.cpp server at `settings.url`. Connects to nothing.

    Raises
    ------
    ConfigError
        The address, a header or the FIM format can't be used.
    """
    return hosted.make(
        settings, context, LlamaCppApi(), server="llama.cpp", usual_url="http://127.0.0.1:8080"
    )


class LlamaCppApi:
    """An Api; see api.py.

    Parameters
    ----------
    id_slot : int or None
        The server's slot whose cache is to be used; None leaves the choice to the server.
    """

    def __init__(self, *, id_slot: int | None = None) -> None:
        self.dialects: Mapping[Mode, Dialect] = MappingProxyType(
            {
                Mode.RAW: _Completion(id_slot),
                Mode.NATIVE: _Infill(id_slot),
                Mode.CHAT: OpenAiChat("", extra=_chat_options(id_slot), begins=True),
            }
        )

    async def describe(self, ask: Ask, where: str) -> BackendInfo:  # noqa: ARG002 - of the protocol
        props = await ask("/props")
        return BackendInfo(
            model=model_name(props),
            context_tokens=context_tokens(props),
            details=", ".join(details(props)),
        )

    async def tokenize(
        self, ask: Ask, text: str, where: str, *, special: bool = False
    ) -> tuple[str, ...]:
        body = {
            "content": text,
            "with_pieces": True,
            "add_special": False,
            "parse_special": special,
        }
        answer = await ask("/tokenize", body)
        return joined_pieces(answer.get("tokens"), where)


def _chat_options(id_slot: int | None) -> dict[str, Any]:
    """What `/v1/chat/completions` takes here besides OpenAI's fields; see llamacpp_wire.sampling
    for the reasons of the first three."""
    options: dict[str, Any] = {
        "cache_prompt": True,
        "timings_per_token": True,
        "return_progress": True,
        # A template without this switch does not look at it.
        "chat_template_kwargs": {"enable_thinking": False},
    }
    return options if id_slot is None else options | {"id_slot": id_slot}


@dataclass(frozen=True, slots=True)
class _Completion:
    """`/completion`: our prompt. `must_begin_with` becomes a grammar."""

    id_slot: int | None = None
    framing = Framing.SSE
    healing = Healing.CONSTRAINED
    max_stops = None
    takes_middle = False
    takes_files = False

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:
        body = {"prompt": request.prompt} | sampling(request, stop)
        if self.id_slot is not None:
            body["id_slot"] = self.id_slot
        return Call(path="/completion", body=body)

    def reader(self, request: GenerateRequest) -> Reader:  # noqa: ARG002 - of the protocol
        return _Events()


@dataclass(frozen=True, slots=True)
class _Infill:
    """`/infill`: the server writes the prompt with the tokens that the model file names.

    Its README says that `prompt` stands behind the middle token; its code puts it at the end of the
    prefix (server-common.cpp), and the 0.5B fills the same holes either way. So it is no place for
    the frozen layout.
    """

    id_slot: int | None = None
    framing = Framing.SSE
    healing = Healing.CONSTRAINED
    max_stops = None
    takes_middle = False
    takes_files = True

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:
        hole = hole_of(request)
        body = {
            "input_prefix": hole.before,
            "input_suffix": hole.suffix,
            "prompt": "",
            "input_extra": [{"filename": one.path, "text": one.text} for one in hole.snippets],
        } | sampling(request, stop)
        if self.id_slot is not None:
            body["id_slot"] = self.id_slot
        return Call(path="/infill", body=body)

    def reader(self, request: GenerateRequest) -> Reader:  # noqa: ARG002 - of the protocol
        return _Events()


class _Events:
    """Reads the stream of either."""

    def read(self, event: Event, where: str) -> Piece | None:
        # What the OpenAI interface ends with; harmless where a proxy adds it.
        if event.data == "[DONE]":
            return None
        answer = json_object(event.data, where)
        if event.name == "error":
            raise failures.from_error_object(where, answer.get("error", answer))
        failures.raise_error_in(answer, where)
        piece, cost = text(answer.get("content"), where), usage(answer)
        finish = finish_reason(answer) if answer.get("stop") is True else None
        told = piece or finish or ("prompt_progress" in answer and cost.evaluated_tokens)
        return Piece(text=piece, usage=cost, finish=finish) if told else None
