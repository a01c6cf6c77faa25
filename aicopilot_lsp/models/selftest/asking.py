"""One question to the model under test, with what came, how it ended and how long it took."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol

from aicopilot_lsp.models.fim import assemble
from aicopilot_lsp.models.protocol import (
    Backend,
    BackendInfo,
    Finished,
    FinishReason,
    GenerateRequest,
    Hole,
    Layout,
    Mode,
    Prompting,
    StreamEvent,
    TextChunk,
    Usage,
)

# A model that is slow on its first call is still a model; a user's own deadline is his own.
DEADLINE_S = 60.0


class Subject(Protocol):
    """What is tested: the part of HttpBackend that a test needs."""

    @property
    def model(self) -> str: ...

    def generate(
        self, request: GenerateRequest, *, mode: Mode | None = None
    ) -> AsyncGenerator[StreamEvent, None]: ...

    async def tokenize(self, text: str, *, special: bool = False) -> tuple[str, ...] | None: ...

    async def describe(self) -> BackendInfo: ...


@dataclass(frozen=True, slots=True)
class AsConfigured:
    """A Subject over a backend that can only be asked as it wants to be."""

    backend: Backend

    @property
    def model(self) -> str:
        return self.backend.model

    def generate(
        self, request: GenerateRequest, *, mode: Mode | None = None
    ) -> AsyncGenerator[StreamEvent, None]:
        if mode not in (None, self.backend.prompting.mode):
            raise ValueError("this backend has one mode")
        return self.backend.generate(request)

    async def tokenize(self, text: str, *, special: bool = False) -> tuple[str, ...] | None:
        return None if special else await self.backend.tokenize(text)

    async def describe(self) -> BackendInfo:
        return await self.backend.describe()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came.

    Attributes
    ----------
    reason : FinishReason or None
        None where the asker had enough.
    chunks : int
        Pieces of text; on most servers one for each token.
    first_s, total_s : float
        Until the first text, and until the end.
    """

    text: str
    reason: FinishReason | None
    usage: Usage
    chunks: int
    first_s: float
    total_s: float


async def ask(
    subject: Subject,
    prompting: Prompting,
    hole: Hole,
    *,
    max_tokens: int,
    must_begin_with: str = "",
    stop: tuple[str, ...] = (),
    enough: Callable[[str], bool] = lambda text: False,  # noqa: ARG005 - a default takes no notice
) -> Answered:
    """Have `hole` filled as `prompting` says; leave as soon as the answer so far is `enough`.

    Raises ModelError."""
    clock = asyncio.get_running_loop().time
    began = clock()
    text, usage, chunks, first_s = "", Usage(), 0, 0.0
    reason: FinishReason | None = None
    request = _request(prompting, hole, max_tokens, must_begin_with, stop)
    async with aclosing(subject.generate(request, mode=prompting.mode)) as events:
        async for event in events:
            match event:
                case TextChunk(piece, cost):
                    usage = cost or usage
                    if piece:
                        first_s = first_s or clock() - began
                        chunks += 1
                        text += piece
                    if enough(text):
                        break
                case Finished(why, usage):
                    reason = why
    total_s = clock() - began
    return Answered(
        text=text,
        reason=reason,
        usage=usage,
        chunks=chunks,
        first_s=first_s or total_s,
        total_s=total_s,
    )


def _request(
    prompting: Prompting,
    hole: Hole,
    max_tokens: int,
    must_begin_with: str,
    stop: tuple[str, ...],
) -> GenerateRequest:
    if prompting.layout is Layout.STANDARD:
        hole = replace(hole, prefix=hole.before, middle="")
    fmt = prompting.format
    prompt = ""
    if fmt is not None:
        prompt = assemble(
            fmt,
            hole.prefix,
            hole.suffix,
            hole.middle,
            path=hole.file_name,
            language=hole.language_id,
        )
    return GenerateRequest(
        prompt=prompt,
        hole=None if fmt else hole,
        must_begin_with=must_begin_with,
        stop=stop,
        max_tokens=max_tokens,
        deadline_s=DEADLINE_S,
    )
