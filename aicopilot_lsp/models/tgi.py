"""Hugging Face's text-generation-inference (TGI): `/generate_stream`, with a prompt that we write.

Wire facts are those of TGI's API description (GenerateRequest, StreamResponse, Info,
TokenizeResponse, ErrorResponse) and of its "Guidance" page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.errors import ModelErrorKind
from aicopilot_lsp.models import begins_with_regex, failures, hosted, pieces
from aicopilot_lsp.models.api import Ask, Call, Dialect, Framing, Piece, Reader
from aicopilot_lsp.models.failures import Explain, Reason
from aicopilot_lsp.models.http import json_object
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.protocol import (
    BackendInfo,
    FinishReason,
    GenerateRequest,
    Healing,
    Mode,
    Usage,
)
from aicopilot_lsp.models.sse import Event
from aicopilot_lsp.models.wire import count, mapping, text, word
from aicopilot_lsp.plugins import BackendContext

# What a server takes that was not started with --max-stop-sequences.
_MAX_STOPS = 4
_FINISH = {
    "length": FinishReason.LIMIT,
    "eos_token": FinishReason.END,
    "stop_sequence": FinishReason.STOP,
}
_REASONS = {
    "overloaded": Reason(ModelErrorKind.BUSY, "is overloaded"),
    "healthcheck": Reason(ModelErrorKind.BUSY, "says that it is not well"),
    "validation": Reason(ModelErrorKind.REJECTED, "rejected the request"),
    "generation": Reason(ModelErrorKind.SERVER, "failed to generate. Look at its log"),
    "incomplete_generation": Reason(ModelErrorKind.SERVER, "broke off. Look at its log"),
}


def create(settings: ModelSettings, context: BackendContext) -> HttpBackend:
    """A backend for the TGI server at `settings.url`. Connects to nothing.

    Raises
    ------
    ConfigError
        The address, a header or the FIM format can't be used.
    """
    api = TgiApi()
    return hosted.make(
        settings,
        context,
        api,
        server="TGI",
        usual_url="http://127.0.0.1:3000",
        explain=api.explain,
    )


class TgiApi:
    """An Api that learns how its server was started; see api.py."""

    def __init__(self) -> None:
        self._max_stops = _MAX_STOPS
        self._takes_grammars = True

    @property
    def dialects(self) -> Mapping[Mode, Dialect]:
        generate = _Generate(self._max_stops, self._takes_grammars, self.explain)
        return {Mode.RAW: generate}

    async def learn(self, ask: Ask, where: str) -> None:  # noqa: ARG002 - of the protocol
        self._heed(await ask("/info"))
        self._takes_grammars = True  # until it says that it does not

    async def describe(self, ask: Ask, where: str) -> BackendInfo:  # noqa: ARG002 - of the protocol
        info = await ask("/info")
        self._heed(info)
        version = word(info.get("version"))
        prompt = count(info.get("max_input_tokens"))
        return BackendInfo(
            model=word(info.get("model_id")) or "unknown",
            context_tokens=count(info.get("max_total_tokens")),
            details=", ".join(
                (
                    f"TGI {version}".strip(),
                    *([f"prompts to {prompt:,} tokens"] if prompt is not None else ()),
                )
            ),
        )

    async def tokenize(
        self,
        ask: Ask,
        text: str,
        where: str,
        *,
        special: bool = False,  # noqa: ARG002 - control tokens are always recognised
    ) -> tuple[str, ...] | None:
        answer = await ask("/tokenize", {"inputs": text})
        tokens = answer.get("items")
        if not isinstance(tokens, list):
            raise failures.bad_answer(where, "it has no list of tokens")
        # Where a token stands says more than its text, in which half a character is lost.
        spans = [
            (count(mapping(one).get("start")), count(mapping(one).get("stop"))) for one in tokens
        ]
        whole = [(start, stop) for start, stop in spans if start is not None and stop is not None]
        return pieces.from_offsets(whole, text) if len(whole) == len(tokens) else None

    def explain(
        self,
        status: int,  # noqa: ARG002 - the type of the error says more
        body: Mapping[str, Any],
    ) -> Reason | None:
        """See Explain in failures.py. A server without grammars, as with --disable-grammar-support
        or TensorRT, is not sent any more of them."""
        kind, said = word(body.get("error_type")), word(body.get("error")).lower()
        if kind == "validation" and "grammar" in said:
            self._takes_grammars = False
            return Reason(
                ModelErrorKind.REJECTED,
                "takes no grammars, which token healing is done with; it is done without from now"
                " on. Ask again",
            )
        if kind == "validation" and "tokens" in said:
            return Reason(
                ModelErrorKind.REJECTED,
                "has too small a window for the prompt. Lower max_prompt_tokens, or start it with a"
                " larger --max-input-tokens",
            )
        return _REASONS.get(kind)

    def _heed(self, info: Mapping[str, Any]) -> None:
        told = count(info.get("max_stop_sequences"))
        self._max_stops = _MAX_STOPS if told is None else told


@dataclass(frozen=True, slots=True)
class _Generate:
    """`/generate_stream`. `must_begin_with` becomes a regular expression."""

    max_stops: int
    takes_grammars: bool
    explain: Explain
    framing = Framing.SSE
    takes_middle = False
    takes_files = False

    @property
    def healing(self) -> Healing:
        return Healing.CONSTRAINED if self.takes_grammars else Healing.CHECKED

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:
        parameters: dict[str, Any] = {
            "max_new_tokens": request.max_tokens,
            "do_sample": request.temperature > 0,
            "return_full_text": False,
            "details": True,
        }
        if request.temperature > 0:  # 0 is refused
            parameters["temperature"] = request.temperature
        if stop:
            parameters["stop"] = list(stop)
        regex = begins_with_regex.begins_with(request.must_begin_with)
        if regex is not None and self.takes_grammars:
            parameters["grammar"] = {"type": "regex", "value": regex}
        body = {"inputs": request.prompt, "parameters": parameters}
        return Call(path="/generate_stream", body=body)

    def reader(self, request: GenerateRequest) -> Reader:
        return _Tokens(request.stop, self.explain)


class _Tokens:
    """Reads an answer, a token an event. The last comes with the details; where a stop string ended
    it, it is still in the text. Refusals come as an event too, with the status 200."""

    def __init__(self, stop: tuple[str, ...], explain: Explain) -> None:
        self._stop = stop
        self._explain = explain

    def read(self, event: Event, where: str) -> Piece | None:
        answer = json_object(event.data, where)
        if answer.get("error") is not None:
            raise failures.refused(where, self._explain(200, answer) or _REASONS["generation"])
        token = mapping(answer.get("token"))
        piece = text(token.get("text"), where)
        if token.get("special") is True:
            if piece in self._stop:
                return Piece(finish=FinishReason.STOP)
            piece = ""
        details = mapping(answer.get("details"))
        finish = _finish(answer, details)
        if not (piece or finish):
            return None
        return Piece(text=piece, finish=finish, usage=_usage(details))


def _finish(answer: Mapping[str, Any], details: Mapping[str, Any]) -> FinishReason | None:
    reason = details.get("finish_reason")
    if isinstance(reason, str):
        return _FINISH.get(reason, FinishReason.END)
    return FinishReason.END if isinstance(answer.get("generated_text"), str) else None


def _usage(details: Mapping[str, Any]) -> Usage | None:
    if not details:
        return None
    return Usage(
        prompt_tokens=count(details.get("input_length")) or None,
        generated_tokens=count(details.get("generated_tokens")),
    )
