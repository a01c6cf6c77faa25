"""OpenAI's `/v1/completions` at whatever server has it: vLLM, llama.cpp, LM Studio, SGLang, hosted.

The prompt is ours, in the model's FIM format. `suffix` is sent only where the settings say
`fim_format = "native"`: vLLM refuses it and llama.cpp ignores it without a word. What a server
offers beyond the common interface is found out once (openai_kinds.py).

Wire facts: openai_wire.py; /tokenize is that of vLLM's "OpenAI-Compatible Server" page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.errors import ModelErrorKind
from aicopilot_lsp.models import hosted, pieces
from aicopilot_lsp.models.api import Ask, Call, Dialect, Framing, Reader
from aicopilot_lsp.models.chat.openai import OpenAiChat
from aicopilot_lsp.models.failures import Reason
from aicopilot_lsp.models.httpbackend import HttpBackend
from aicopilot_lsp.models.llamacpp import LlamaCppApi
from aicopilot_lsp.models.openai_kinds import Found, Kind, find
from aicopilot_lsp.models.openai_wire import Chunks
from aicopilot_lsp.models.protocol import (
    BackendInfo,
    FinishReason,
    GenerateRequest,
    Healing,
    Mode,
    hole_of,
)
from aicopilot_lsp.models.wire import mapping, word
from aicopilot_lsp.plugins import BackendContext

_VERSION = re.compile(r"(.*?)(/v\d\w*)?/*")
_CONSTRAINTS = re.compile(r"guided|structured[ _]output|grammar|regex")
# OpenAI's own limit; others that have one have the same.
_MAX_STOPS = 4


def create(settings: ModelSettings, context: BackendContext) -> HttpBackend:
    """A backend for the server at `settings.url`, with or without the `/v1` at its end. Connects to
    nothing.

    Raises
    ------
    ConfigError
        The address, a header or the FIM format can't be used.
    """
    found = _VERSION.fullmatch(settings.url or "")
    root, version = (found[1], found[2]) if found else (settings.url, None)
    api = OpenAiApi(
        settings.model or "", version=version or "/v1", native=settings.fim_format == "native"
    )
    return hosted.make(
        replace(settings, url=root or None),
        context,
        api,
        server="/v1/completions",
        usual_url="http://127.0.0.1:8000/v1",
        explain=api.explain,
    )


class OpenAiApi:
    """An Api that learns which server it talks to; see api.py.

    Parameters
    ----------
    model : str
        "" asks for the only one that the server has.
    version : str
        What comes before `/completions`: "/v1", or what the address names.
    native : bool
        Whether the server is known to take `suffix`.
    """

    def __init__(self, model: str, *, version: str = "/v1", native: bool = False) -> None:
        self._model = model
        self._version = version
        self._native = native
        self._found = Found(model=model)
        self._settle(self._found)

    @property
    def dialects(self) -> Mapping[Mode, Dialect]:
        return self._dialects

    async def learn(self, ask: Ask, where: str) -> None:  # noqa: ARG002 - of the protocol
        self._settle(await find(ask, self._version, self._model))

    async def describe(self, ask: Ask, where: str) -> BackendInfo:
        await self.learn(ask, where)
        found = self._found
        if found.kind is Kind.LLAMACPP:
            info = await LlamaCppApi().describe(ask, where)
            return replace(info, details=f"{info.details}, through /v1/completions")
        server = f"{found.kind.value.partition(' ')[0]} {found.version}".strip()
        missing = "" if found.is_listed else "not among the models listed there"
        if not found.model:
            missing = "which of its models to ask is not set (`model`)"
        return BackendInfo(
            model=found.model or "unknown",
            context_tokens=found.context_tokens,
            details=", ".join(filter(None, (server, missing))),
        )

    async def tokenize(
        self, ask: Ask, text: str, where: str, *, special: bool = False
    ) -> tuple[str, ...] | None:
        """vLLM recognises control tokens whether they are wanted or not; text that is asked about
        as text has none (`fim.neutralise`)."""
        match self._found.kind:
            case Kind.LLAMACPP:
                return await LlamaCppApi().tokenize(ask, text, where, special=special)
            case Kind.VLLM | Kind.OLD_VLLM:
                body = {
                    "model": self._found.model,
                    "prompt": text,
                    "add_special_tokens": False,
                    "return_token_strs": True,
                }
                names = (await ask("/tokenize", body)).get("token_strs")
                if isinstance(names, list) and all(isinstance(name, str) for name in names):
                    return pieces.from_names(names, text)
        return None

    def explain(self, status: int, body: Mapping[str, Any]) -> Reason | None:
        """See Explain in failures.py. A server that refuses to constrain an answer is not asked to
        again."""
        error = mapping(body.get("error")) or body
        said = word(error.get("message")).lower()
        if status in (400, 404, 422) and "model" in said and not self._found.model:
            return Reason(
                ModelErrorKind.NOT_FOUND,
                "wants to be told which of its models to ask. Set the model's `model` to a name"
                " that it lists",
            )
        if status == 404 and "model" in said:
            return Reason(
                ModelErrorKind.NOT_FOUND,
                f"has no model {self._found.model!r}. Set the model's `model` to a name that it"
                " lists",
            )
        if status == 400 and self._native and "suffix" in said:
            return Reason(
                ModelErrorKind.REJECTED,
                'does not write the prompt itself (400). Take out fim_format = "native"',
            )
        if error.get("code") == "context_length_exceeded" or "maximum context length" in said:
            return Reason(
                ModelErrorKind.REJECTED,
                "has too small a context for the prompt. Lower max_prompt_tokens",
            )
        if status == 400 and self._found.constrains and _CONSTRAINTS.search(said):
            self._settle(replace(self._found, is_refused=True))
            return Reason(
                ModelErrorKind.REJECTED,
                "does not constrain answers, which token healing is done with; it is done without"
                " from now on. Ask again",
            )
        if "no models loaded" in said:
            return Reason(ModelErrorKind.NOT_FOUND, "has no model loaded. Load one there")
        return None

    def _settle(self, found: Found) -> None:
        self._found = found
        chat = OpenAiChat(found.model, path=f"{self._version}/chat/completions")
        self._dialects: dict[Mode, Dialect] = {
            Mode.RAW: _Completion(found, self._version),
            Mode.CHAT: chat,
        }
        if self._native:  # never found out by trying: a suffix may go unread
            self._dialects[Mode.NATIVE] = _Insertion(found.model, self._version)


@dataclass(frozen=True, slots=True)
class _Completion:
    """Our prompt. `must_begin_with` becomes what the kind of server takes."""

    found: Found
    version: str
    framing = Framing.SSE
    max_stops = _MAX_STOPS
    takes_middle = False
    takes_files = False

    @property
    def healing(self) -> Healing:
        return Healing.CONSTRAINED if self.found.constrains else Healing.CHECKED

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:
        kind = self.found.kind
        body = _common(self.found.model, request.prompt, request, stop)
        body["stream_options"] = kind.stream_options()
        body |= kind.options()
        if self.found.constrains:
            body |= kind.constraint(request.must_begin_with)
        return Call(path=f"{self.version}/completions", body=body)

    def reader(self, request: GenerateRequest) -> Reader:
        return _reader(request)


@dataclass(frozen=True, slots=True)
class _Insertion:
    """Prefix and suffix; the server writes the prompt."""

    model: str
    version: str
    framing = Framing.SSE
    healing = Healing.CHECKED
    max_stops = _MAX_STOPS
    takes_middle = False
    takes_files = False

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:
        hole = hole_of(request)
        body = _common(self.model, hole.before, request, stop) | {"suffix": hole.suffix}
        return Call(path=f"{self.version}/completions", body=body)

    def reader(self, request: GenerateRequest) -> Reader:
        return _reader(request)


def _common(
    model: str, prompt: str, request: GenerateRequest, stop: tuple[str, ...]
) -> dict[str, Any]:
    body: dict[str, Any] = {"model": model} if model else {}
    body |= {
        "prompt": prompt,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if stop:
        body["stop"] = list(stop)
    return body


def _reader(request: GenerateRequest) -> Reader:
    return Chunks(FinishReason.STOP if request.stop else FinishReason.END)
