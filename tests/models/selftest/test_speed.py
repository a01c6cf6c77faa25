"""The speed is what the server tells, else the clock's; where neither tells, that is said."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from itertools import count

import pytest

from aicopilot_lsp.models.fim import format_for
from aicopilot_lsp.models.protocol import (
    Finished,
    FinishReason,
    GenerateRequest,
    Healing,
    Layout,
    Mode,
    Prompting,
    StreamEvent,
    TextChunk,
    Usage,
)
from aicopilot_lsp.models.selftest.speed import measure
from tests.support.toy_fim import ToyModel, ToySubject

QWEN = Prompting(
    mode=Mode.RAW,
    format=format_for("qwen2.5-coder"),
    layout=Layout.STANDARD,
    healing=Healing.CONSTRAINED,
)


def answering(*pieces: str, usage: Usage) -> ToySubject:
    """A model that answers everything with these pieces."""
    subject = ToySubject(ToyModel())

    async def generate(
        request: GenerateRequest, *, mode: Mode | None = None
    ) -> AsyncGenerator[StreamEvent, None]:
        for piece in pieces:
            await asyncio.sleep(0)
            yield TextChunk(piece)
        yield Finished(FinishReason.END, usage)

    subject.generate = generate  # type: ignore[method-assign]
    return subject


@pytest.mark.parametrize("pieces", [("return value",), ()], ids=["one piece", "no answer"])
@pytest.mark.parametrize("counted", [None, 12])
async def test_how_fast_it_writes_can_not_be_told_of_less_than_two_pieces(
    pieces: tuple[str, ...], counted: int | None
) -> None:
    speed = await measure(answering(*pieces, usage=Usage(generated_tokens=counted)), QWEN)
    assert (speed.decode_tokens_per_s, speed.pieces, speed.told) == (None, len(pieces), False)


async def test_of_several_pieces_the_clock_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, ticks = asyncio.get_running_loop(), count()
    now = loop.time
    # Some systems' clock stands still for longer than this takes.
    monkeypatch.setattr(loop, "time", lambda: now() + 0.01 * next(ticks))
    speed = await measure(answering("return", " value", usage=Usage()), QWEN)
    assert speed.decode_tokens_per_s is not None
    assert speed.decode_tokens_per_s > 0


async def test_a_server_that_tells_is_believed_however_its_answer_came() -> None:
    told = Usage(prompt_tokens=200, evaluated_tokens=200, prefill_ms=100.0)
    told = replace(told, generated_tokens=12, decode_ms=60.0)
    speed = await measure(answering("return value", usage=told), QWEN)
    assert (speed.prefill_tokens_per_s, speed.decode_tokens_per_s) == (2_000.0, 200.0)
    assert speed.told
