"""A model that says what the test tells it to: for tests of our own logic, never of a model's."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from aicopilot_lsp.errors import ModelError
from aicopilot_lsp.models.protocol import (
    BackendInfo,
    Finished,
    FinishReason,
    GenerateRequest,
    Prompting,
    Site,
    StreamEvent,
    TextChunk,
    Usage,
)
from tests.support.prompting import QWEN_FROZEN

Script = str | ModelError | Callable[[GenerateRequest], str]


@dataclass
class ScriptedBackend:
    """Answers with `script`, one character a chunk, and keeps what it was asked.

    While `gate` is unset (`hold()`), a stream waits before each chunk.
    """

    script: Script = ""
    finish: FinishReason = FinishReason.END
    tokenizes: bool = True
    requests: list[GenerateRequest] = field(default_factory=list)
    streamed: int = 0  # characters that were taken from the stream
    closed_early: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)  # set by the first request
    model: str = "scripted"
    site: Site = field(default_factory=Site)
    starting = False
    prompting: Prompting = QWEN_FROZEN

    def __post_init__(self) -> None:
        self.gate.set()

    def hold(self) -> None:
        self.gate.clear()

    async def prepare(self) -> None:
        return None

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent, None]:
        self.requests.append(request)
        self.asked.set()
        if isinstance(self.script, ModelError):
            raise self.script
        answer = self.script(request) if callable(self.script) else self.script
        text = (
            answer
            if answer.startswith(request.must_begin_with)
            else (request.must_begin_with + answer)
        )
        usage = Usage(
            prompt_tokens=len(request.prompt) // 4,
            cached_tokens=0,
            evaluated_tokens=len(request.prompt) // 4,
            generated_tokens=0,
            prefill_ms=10.0,
            decode_ms=1.0,
        )
        done = False
        try:
            for char in text:
                await self.gate.wait()
                self.streamed += 1
                yield TextChunk(char, usage)
            yield Finished(self.finish, usage)
            done = True
        finally:
            self.closed_early += not done

    async def tokenize(self, text: str) -> tuple[str, ...] | None:
        return tuple(re.findall(r" ?\w+|\s+|[^\w\s]", text)) if self.tokenizes else None

    async def describe(self) -> BackendInfo:
        return BackendInfo(model=self.model)

    async def readiness(self) -> str | None:
        return None

    async def aclose(self) -> None:
        return None
