"""Answers of servers behind `/v1/completions`: where they end, what they cost, what is none."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.protocol import Finished, FinishReason, TextChunk
from tests.models.contract import answered, ready_request, text_of
from tests.models.openai_asked import PATH, asked
from tests.support.services import openai
from tests.support.services.base import Exchange, Service


async def test_vllm_tells_a_stop_string_from_the_end() -> None:
    async with asked(openai.vllm()) as backend:
        whole = (await answered(backend, stop=("zzz",), max_tokens=32))[-1]
        stopped = (await answered(backend, stop=("b",)))[-1]
    assert isinstance(whole, Finished)
    assert isinstance(stopped, Finished)
    assert (whole.reason, stopped.reason) == (FinishReason.END, FinishReason.STOP)


@pytest.mark.parametrize("make", [openai.vllm, openai.llamacpp])
async def test_those_who_leave_early_learn_the_cost_where_it_is_told_as_it_grows(
    make: Callable[[], Service],
) -> None:
    async with asked(make()) as backend:
        request = await ready_request(backend)
        async with aclosing(backend.generate(request)) as stream:
            async for event in stream:
                if isinstance(event, TextChunk) and event.text:
                    break
    assert isinstance(event, TextChunk)
    assert event.usage is not None
    assert event.usage.generated_tokens == 1
    assert event.usage.cached_tokens == 1
    assert event.usage.evaluated_tokens == (event.usage.prompt_tokens or 0) - 1


async def test_the_cost_comes_after_the_end() -> None:
    async with asked(openai.plain()) as backend:
        last = (await answered(backend))[-1]
    assert isinstance(last, Finished)
    assert last.usage.generated_tokens == 8
    assert last.usage.cached_tokens == 1


def _events(*events: Any) -> Service:
    """A server that says just these."""
    service = openai.plain()

    @service.route("POST", PATH)
    async def completions(exchange: Exchange) -> None:
        async with exchange.stream("text/event-stream") as stream:
            for event in events:
                await stream.event(event)

    return service


async def test_an_answer_may_end_with_done_alone_and_tell_no_cost() -> None:
    async with asked(_events({"choices": [{"text": "x"}]}, "[DONE]")) as backend:
        *_, last = await answered(backend)
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.END
    assert last.usage.prompt_tokens is None


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"choices": [{"text": ["x"]}]}, ModelErrorKind.PROTOCOL),
        ("[1, 2]", ModelErrorKind.PROTOCOL),
        ("nonsense", ModelErrorKind.PROTOCOL),
        ({"error": {"message": "secret", "code": 503}}, ModelErrorKind.BUSY),
        ({"error": {"message": "secret", "type": "server_error"}}, ModelErrorKind.SERVER),
        ({"object": "error", "message": "secret", "code": 400}, ModelErrorKind.REJECTED),
        ({"choices": []}, ModelErrorKind.INTERRUPTED),
    ],
)
async def test_events_that_are_no_answer_become_the_right_errors(
    event: Any, kind: ModelErrorKind
) -> None:
    async with asked(_events({"choices": [{"text": "x"}]}, event)) as backend:
        with pytest.raises(ModelError) as caught:
            await answered(backend)
    assert caught.value.kind is kind
    assert "secret" not in str(caught.value)


async def test_numbers_of_the_wrong_type_count_as_not_told() -> None:
    usage = {"prompt_tokens": "9", "prompt_tokens_details": 7}
    done = {"choices": [{"text": "x", "finish_reason": "stop"}], "usage": usage}
    async with asked(_events(done)) as backend:
        *_, last = await answered(backend)
    assert isinstance(last, Finished)
    assert last.usage.prompt_tokens is None


async def test_leaving_an_answer_frees_the_server() -> None:
    async with asked(service := openai.vllm()) as backend:
        service.hold(after_tokens=2)
        stream = backend.generate(await ready_request(backend))
        assert isinstance(await anext(stream), TextChunk)
        sent = await service.next_request(PATH)
        await stream.aclose()
        await sent.client_gone.wait()
    assert not sent.finished


async def test_the_fifth_stop_string_and_those_after_it_are_kept_to_in_our_stream() -> None:
    async with asked(service := openai.plain()) as backend:
        stops = ("1", "2", "3", "4", "  #")
        events = await answered(backend, stop=stops)
    assert text_of(events) == "a + b"
    assert service.asked(PATH)[0].body["stop"] == list(stops[:4])
    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.STOP
