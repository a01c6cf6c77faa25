"""A toy model that knows one FIM format: it fills the self-test's holes if it is asked in exactly
that format and order, and writes nonsense otherwise. In process, or behind llama.cpp's interface.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.api import Call, Framing, Reader
from aicopilot_lsp.models.fim import FimFormat, assemble, format_for
from aicopilot_lsp.models.protocol import (
    BackendInfo,
    Finished,
    FinishReason,
    GenerateRequest,
    Healing,
    Layout,
    Mode,
    StreamEvent,
    TextChunk,
    Usage,
)
from aicopilot_lsp.models.selftest.holes import TRIVIAL, KnownHole
from tests.support.scripted_llamacpp import (
    Answer,
    Request,
    ScriptedLlamaCpp,
    _send_event,
    _send_head,
    _send_json,
)

_NONSENSE = " qux(0)\nqux(1)\n"
_LONGEST_TOKEN = 24
_WORD = re.compile(r"\w+|\s|[^\w\s]")


@dataclass(frozen=True, kw_only=True)
class ToyModel:
    """What it can do, and what is wrong with it.

    Attributes
    ----------
    format : FimFormat or None
        The one that it knows; None: no raw prompt makes sense to it.
    native, chat : bool
        It fills holes when the server writes the prompt, and when it is told to in words.
    ignores_suffix : bool
        It never sees what follows the hole.
    leaks : bool
        Its end token is written out.
    never_stops : bool
    tokenizes : bool
        Its server tells tokens.
    holes : tuple of KnownHole
        The ones it knows the middle of.
    """

    format: FimFormat | None = field(default_factory=lambda: format_for("qwen2.5-coder"))
    native: bool = False
    chat: bool = False
    ignores_suffix: bool = False
    leaks: bool = False
    never_stops: bool = False
    tokenizes: bool = True
    name: str = "toy"
    holes: tuple[KnownHole, ...] = TRIVIAL

    def complete(self, prompt: str) -> str:
        """The answer to a raw prompt, without the end token."""
        if self.format is not None:
            for known in self.holes:
                for asked, before in _prompts(self.format, known):
                    if asked == prompt:
                        return self.fill(before, known.hole.suffix)
        return _NONSENSE

    def told(self, words: str) -> str:
        """The answer to a chat that shows a known hole."""
        for known in self.holes:
            # Whatever the wording, both sides of the hole are shown.
            if known.hole.before in words and known.hole.suffix in words:
                return self.fill(known.hole.before, known.hole.suffix)
        return _NONSENSE

    def fill(self, before: str, suffix: str) -> str:
        """The answer to a hole, however it was put."""
        for known in self.holes:
            whole = known.hole.before
            if not whole.startswith(before) or (known.hole.suffix != suffix):
                continue
            if self.ignores_suffix and known.needs_suffix:
                return _NONSENSE
            return self._ended(whole[len(before) :] + known.middles[0])
        return _NONSENSE

    def _ended(self, text: str) -> str:
        if self.never_stops:
            return text + "\n" + _NONSENSE * 20
        return text + ("<|endoftext|>" if self.leaks else "")

    def tokens(self, text: str, *, special: bool) -> tuple[str, ...] | None:
        if not self.tokenizes:
            return None
        if special and self.format is not None and text in self.format.structural:
            return (text,)
        return tuple(_WORD.findall(text))


class ToySubject:
    """A model in process: what the self-test asks of a backend (`Provable`)."""

    def __init__(self, model: ToyModel, *modes: Mode) -> None:
        self.toy = model
        self.model = model.name
        self.info = BackendInfo(model=model.name, details="toy")
        self.asked: list[tuple[Mode | None, GenerateRequest]] = []
        self.failure: ModelError | None = None
        self.api = _Api(modes or (Mode.RAW,))
        self.busy = False
        self.behind: Coroutine[Any, Any, None] | None = None
        self.keeps_work = False
        self.preferred: Layout | None = None

    def run_behind(self, work: Coroutine[Any, Any, None]) -> None:
        if self.keeps_work:
            self.behind = work
        else:
            work.close()

    def prefer(self, layout: Layout) -> None:
        self.preferred = layout

    async def generate(
        self, request: GenerateRequest, *, mode: Mode | None = None
    ) -> AsyncGenerator[StreamEvent, None]:
        self.asked.append((mode, request))
        if self.failure is not None:
            raise self.failure
        text = self._answer(request, mode)
        pieces = _WORD.findall(text)[: request.max_tokens]
        for piece in pieces:
            await asyncio.sleep(0)
            yield TextChunk(piece)
        whole = "".join(pieces) == text
        yield Finished(FinishReason.END if whole else FinishReason.LIMIT, Usage())

    def _answer(self, request: GenerateRequest, mode: Mode | None) -> str:
        hole = request.hole
        if mode is Mode.RAW or hole is None:
            return self.toy.complete(request.prompt)
        if self.toy.native if mode is Mode.NATIVE else self.toy.chat:
            return self.toy.fill(hole.before, hole.suffix)
        raise ModelError("not supported", kind=ModelErrorKind.REJECTED)

    async def tokenize(self, text: str, *, special: bool = False) -> tuple[str, ...] | None:
        if self.failure is not None:
            raise self.failure
        return self.toy.tokens(text, special=special)

    async def describe(self) -> BackendInfo:
        if self.failure is not None:
            raise self.failure
        return self.info


class ToyServer(ScriptedLlamaCpp):
    """The model behind llama.cpp's interface, and its chat interface where it has `chat`."""

    def __init__(self, model: ToyModel, **more: Any) -> None:
        super().__init__(**more)
        self.toy = model

    def scripted_for(self, request: Request) -> Answer:
        body = request.body
        if request.path == "/infill":
            if not self.toy.native:
                return Answer(status=501, error={"message": "no", "type": "not_supported_error"})
            before = body["input_prefix"] + body["prompt"]
            return Answer(text=self.toy.fill(before, body["input_suffix"]), heals=False)
        return Answer(text=self.toy.complete(request.prompt), heals=False)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path == "/tokenize" and not self.toy.tokenizes:
            return await _send_json(writer, 404, {"error": {"code": 404}})
        if request.path == "/v1/chat/completions" and self.toy.chat:
            return await self._chat(request, writer)
        return await super()._answer(request, writer)

    async def _chat(self, request: Request, writer: asyncio.StreamWriter) -> None:
        messages = request.body["messages"]
        text = self.toy.told("".join(str(one["content"]) for one in messages)) + "\n```"
        if messages[-1]["role"] != "assistant":  # else the answer has been begun for it
            text = f"```\n{text}"
        await _send_head(writer, 200, "text/event-stream", "transfer-encoding: chunked")
        for delta, finish in (({"content": text}, None), ({}, "stop")):
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            await _send_event(writer, {"choices": [choice]})
        writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
        await writer.drain()
        request.finished = True

    def pieces(self, text: str, *, special: bool) -> list[str]:
        return list(self.toy.tokens(text, special=special) or ())


class _Dialect:
    framing = Framing.SSE
    healing = Healing.CONSTRAINED
    max_stops = None
    takes_middle = True
    takes_files = False

    def call(self, request: GenerateRequest, stop: tuple[str, ...]) -> Call:
        raise NotImplementedError

    def reader(self, request: GenerateRequest) -> Reader:
        raise NotImplementedError


class _Api:
    def __init__(self, modes: tuple[Mode, ...]) -> None:
        self.dialects: Mapping[Mode, _Dialect] = MappingProxyType(dict.fromkeys(modes, _Dialect()))

    async def describe(self, ask: Any, where: str) -> BackendInfo:
        raise NotImplementedError

    async def tokenize(
        self, ask: Any, text: str, where: str, *, special: bool = False
    ) -> tuple[str, ...] | None:
        raise NotImplementedError


def _prompts(form: FimFormat, known: KnownHole) -> Iterator[tuple[str, str]]:
    """Every prompt that asks for this hole in this format, with the text before the cursor that is
    in it: in both layouts, and with the last token off or not."""
    hole, whole = known.hole, known.hole.before
    for cut in range(max(0, len(whole) - _LONGEST_TOKEN), len(whole) + 1):
        before = whole[:cut]
        for split in {0, len(hole.prefix), before.rfind("\n") + 1, cut}:
            prompt = assemble(
                form,
                before[:split],
                hole.suffix,
                before[split:],
                path=hole.file_name,
                language=hole.language_id,
            )
            yield prompt, before
