"""What every Backend must do, whatever serves it. Not collected by itself.

A test module subclasses `BackendContract` and gives a `backend` fixture; where the answers can be
scripted, more is proven in the module's own tests.
"""

import asyncio
from contextlib import aclosing

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.fim import assemble, format_for
from aicopilot_lsp.models.protocol import (
    Backend,
    Finished,
    FinishReason,
    GenerateRequest,
    Mode,
    StreamEvent,
    TextChunk,
)

# Long enough for a real model on a busy machine; a scripted one never comes near it.
_DEADLINE_S = 60.0


def request_for(prefix: str = "def add(a, b):\n    return ", **fields: object) -> GenerateRequest:
    """A small request; `fields` replace those of GenerateRequest."""
    prompt = assemble(format_for("qwen2.5-coder"), prefix, "\n", "")
    known: dict[str, object] = {"prompt": prompt, "max_tokens": 8, "deadline_s": _DEADLINE_S}
    return GenerateRequest(**(known | fields))  # type: ignore[arg-type]


async def collect(backend: Backend, request: GenerateRequest) -> list[StreamEvent]:
    async with aclosing(backend.generate(request)) as stream:
        return [event async for event in stream]


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextChunk))


class BackendContract:
    """Needs a fixture `backend`: a Backend that is ready and is closed by the fixture."""

    async def test_says_how_it_wants_to_be_asked(self, backend: Backend) -> None:
        await backend.prepare()
        prompting = backend.prompting
        assert (prompting.format is not None) == (prompting.mode is Mode.RAW)
        if prompting.format is not None:
            assert format_for(prompting.name) is prompting.format

    async def test_streams_text_and_then_how_it_ended(self, backend: Backend) -> None:
        *chunks, last = await collect(backend, request_for())
        assert any(isinstance(chunk, TextChunk) and chunk.text for chunk in chunks)
        # Those without text tell how far the prompt has been read.
        assert all(isinstance(chunk, TextChunk) and (chunk.text or chunk.usage) for chunk in chunks)
        assert isinstance(last, Finished)

    async def test_stops_at_the_limit(self, backend: Backend) -> None:
        events = await collect(backend, request_for("# one two three\n", max_tokens=1))
        last = events[-1]
        assert isinstance(last, Finished)
        assert last.reason is FinishReason.LIMIT
        assert last.usage.generated_tokens in (1, None)

    async def test_stops_before_a_stop_string(self, backend: Backend) -> None:
        whole = text_of(await collect(backend, request_for()))
        stop = whole[-1]
        events = await collect(backend, request_for(stop=(stop,)))
        assert text_of(events) == whole[: whole.index(stop)]
        assert isinstance(events[-1], Finished)
        assert events[-1].reason is FinishReason.STOP

    async def test_begins_with_what_it_must_or_ignores_it_whole(self, backend: Backend) -> None:
        text = text_of(await collect(backend, request_for(must_begin_with='f"{a}\\')))
        assert text

    async def test_says_what_a_call_cost_or_nothing(self, backend: Backend) -> None:
        last = (await collect(backend, request_for()))[-1]
        assert isinstance(last, Finished)
        usage = last.usage
        if usage.prompt_tokens is not None:
            assert usage.prompt_tokens > 0
        if usage.cached_tokens is not None and usage.evaluated_tokens is not None:
            assert usage.cached_tokens + usage.evaluated_tokens == usage.prompt_tokens

    async def test_serves_again_after_a_stream_was_closed(self, backend: Backend) -> None:
        for _ in range(3):
            async with aclosing(backend.generate(request_for(max_tokens=64))) as stream:
                await anext(stream)
        assert text_of(await collect(backend, request_for()))

    async def test_serves_again_after_its_task_was_cancelled(self, backend: Backend) -> None:
        begun = asyncio.Event()

        async def consume() -> None:
            async for _ in backend.generate(request_for(max_tokens=64)):
                begun.set()

        task = asyncio.create_task(consume())
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert text_of(await collect(backend, request_for()))

    async def test_serves_calls_side_by_side(self, backend: Backend) -> None:
        found = await asyncio.gather(*(collect(backend, request_for()) for _ in range(3)))
        assert len({text_of(events) for events in found}) == 1

    async def test_a_passed_deadline_is_a_timeout(self, backend: Backend) -> None:
        with pytest.raises(ModelError) as caught:
            await collect(backend, request_for(deadline_s=0.0))
        assert caught.value.kind is ModelErrorKind.TIMEOUT

    @pytest.mark.parametrize(
        "text",
        ["", "x", "def f(x):\n\treturn 'é😀🈚'\r\n", "  \n\n ", "<|fim_prefix|>a<|im_end|>"],
    )
    async def test_tokens_joined_are_the_text(self, backend: Backend, text: str) -> None:
        pieces = await backend.tokenize(text)
        assert pieces is None or "".join(pieces) == text

    async def test_a_lone_surrogate_is_no_reason_to_fail(self, backend: Backend) -> None:
        assert await backend.tokenize("a\ud800b") is None
        prompt = request_for("x = '\ud800' + ", must_begin_with="\ud800")
        assert isinstance((await collect(backend, prompt))[-1], Finished)

    async def test_tells_what_it_serves(self, backend: Backend) -> None:
        info = await backend.describe()
        assert info.model
        assert "?" not in info.endpoint
        assert "@" not in info.endpoint
