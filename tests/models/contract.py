"""What every Backend must do, whatever serves it and however it is asked. Not collected by itself.

A test module subclasses `BackendContract`, once for each mode that its backend has, and gives a
`backend` fixture; where the answers can be scripted, more is proven in the module's own tests. The
server behind the fixture answers every request alike, with some four tokens or more that have no
line break in them.
"""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.fim import assemble, format_for
from aicopilot_lsp.models.protocol import (
    Backend,
    Finished,
    FinishReason,
    GenerateRequest,
    Healing,
    Hole,
    Mode,
    Prompting,
    StreamEvent,
    TextChunk,
)
from tests.support.prompting import QWEN_FROZEN

# Long enough for a real model on a busy machine; a scripted one never comes near it.
_DEADLINE_S = 60.0
_PREFIX = "def add(a, b):\n    return "


def request_for(
    prefix: str = _PREFIX, *, prompting: Prompting = QWEN_FROZEN, **fields: Any
) -> GenerateRequest:
    """A small request, as `prompting` wants it; `fields` replace those of GenerateRequest."""
    known: dict[str, Any] = {"max_tokens": 8, "deadline_s": _DEADLINE_S}
    if prompting.format is not None:
        known["prompt"] = assemble(prompting.format, prefix, "\n", "")
    else:
        known["hole"] = Hole(prefix=prefix, suffix="\n", file_name="add.py", language_id="python")
    return GenerateRequest(**(known | fields))


async def ready_request(backend: Backend, prefix: str = _PREFIX, **fields: Any) -> GenerateRequest:
    """`request_for` as `backend`, now prepared, wants to be asked."""
    await backend.prepare()
    return request_for(prefix, prompting=backend.prompting, **fields)


async def answered(backend: Backend, prefix: str = _PREFIX, **fields: Any) -> list[StreamEvent]:
    """The answer to `ready_request`."""
    return await collect(backend, await ready_request(backend, prefix, **fields))


async def collect(backend: Backend, request: GenerateRequest) -> list[StreamEvent]:
    async with aclosing(backend.generate(request)) as stream:
        return [event async for event in stream]


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextChunk))


class BackendContract:
    """Needs a fixture `backend`: a Backend that can be asked and is closed by the fixture.

    Attributes
    ----------
    takes_limit : bool
        False where the API has no place for `max_tokens`.
    """

    takes_limit = True

    async def test_says_how_it_wants_to_be_asked(self, backend: Backend) -> None:
        await backend.prepare()
        prompting = backend.prompting
        assert (prompting.format is not None) == (prompting.mode is Mode.RAW)
        if prompting.format is not None:
            assert format_for(prompting.name) is prompting.format

    async def test_streams_text_and_then_how_it_ended(self, backend: Backend) -> None:
        *chunks, last = await answered(backend)
        assert any(isinstance(chunk, TextChunk) and chunk.text for chunk in chunks)
        # Those without text tell how far the prompt has been read.
        assert all(isinstance(chunk, TextChunk) and (chunk.text or chunk.usage) for chunk in chunks)
        assert isinstance(last, Finished)

    async def test_stops_at_the_limit_where_there_is_one(self, backend: Backend) -> None:
        events = await answered(backend, "# one two three\n", max_tokens=1)
        last = events[-1]
        assert isinstance(last, Finished)
        if self.takes_limit:
            assert last.reason is FinishReason.LIMIT
            assert last.usage.generated_tokens in (1, None)

    async def test_stops_before_a_stop_string(self, backend: Backend) -> None:
        whole = text_of(await answered(backend))
        stop = whole[-1]
        events = await answered(backend, stop=(stop,))
        assert text_of(events) == whole[: whole.index(stop)]
        assert isinstance(events[-1], Finished)
        assert events[-1].reason is FinishReason.STOP

    async def test_begins_with_what_it_must_or_ignores_it_whole(self, backend: Backend) -> None:
        start = 'f"{a}\\'
        text = text_of(await answered(backend, must_begin_with=start))
        assert text
        if backend.prompting.healing is Healing.CONSTRAINED:
            # The limit may end it within what it must begin with.
            assert text.startswith(start) or start.startswith(text)

    async def test_says_what_a_call_cost_or_nothing(self, backend: Backend) -> None:
        last = (await answered(backend))[-1]
        assert isinstance(last, Finished)
        usage = last.usage
        if usage.prompt_tokens is not None:
            assert usage.prompt_tokens > 0
        if usage.cached_tokens is not None and usage.evaluated_tokens is not None:
            assert usage.cached_tokens + usage.evaluated_tokens == usage.prompt_tokens

    async def test_serves_again_after_a_stream_was_closed(self, backend: Backend) -> None:
        request = await ready_request(backend, max_tokens=64)
        for _ in range(3):
            async with aclosing(backend.generate(request)) as stream:
                await anext(stream)
        assert text_of(await answered(backend))

    async def test_serves_again_after_its_task_was_cancelled(self, backend: Backend) -> None:
        begun = asyncio.Event()
        request = await ready_request(backend, max_tokens=64)

        async def consume() -> None:
            async for _ in backend.generate(request):
                begun.set()

        task = asyncio.create_task(consume())
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert text_of(await answered(backend))

    async def test_serves_calls_side_by_side(self, backend: Backend) -> None:
        found = await asyncio.gather(*(answered(backend) for _ in range(3)))
        assert len({text_of(events) for events in found}) == 1

    async def test_a_passed_deadline_is_a_timeout(self, backend: Backend) -> None:
        request = await ready_request(backend, deadline_s=0.0)
        with pytest.raises(ModelError) as caught:
            await collect(backend, request)
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
        events = await answered(backend, "x = '\ud800' + ", must_begin_with="\ud800")
        assert isinstance(events[-1], Finished)

    async def test_tells_what_it_serves(self, backend: Backend) -> None:
        info = await backend.describe()
        assert info.model
        assert "?" not in info.endpoint
        assert "@" not in info.endpoint
