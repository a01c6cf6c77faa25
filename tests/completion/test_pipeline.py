"""One request from snapshot to outcome, with a scripted model."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from aicopilot_lsp import plugins
from aicopilot_lsp.completion.budget import Bound
from aicopilot_lsp.completion.failover import Choice, NamedModel
from aicopilot_lsp.completion.memory import Memory
from aicopilot_lsp.completion.pipeline import Parts, complete
from aicopilot_lsp.completion.speed import Speed, Speeds
from aicopilot_lsp.completion.types import Outcome, OutcomeKind, Snapshot, Trigger
from aicopilot_lsp.config.settings import CompletionSettings
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.filters.builtin import in_order
from aicopilot_lsp.filters.protocol import Action, Candidate, Filter, Verdict
from aicopilot_lsp.models.protocol import Backend, FinishReason, GenerateRequest, Site
from tests.support.fixture import at_cursor
from tests.support.scripted_backend import ScriptedBackend

SETTINGS = CompletionSettings()


class Bench:
    """A pipeline with its memory, a scripted model and a clock that only the test moves."""

    def __init__(self, backend: ScriptedBackend, filters: list[Filter] | None = None) -> None:
        self.backend, self.memory = backend, Memory()
        self.slept_s: list[float] = []
        self.rest: Callable[[], Awaitable[object]] | None = None  # how a sleep ends; None: at once
        self.filters = in_order(plugins.filters() if filters is None else filters, ())

    async def ask(self, snapshot: Snapshot, settings: CompletionSettings = SETTINGS) -> Outcome:
        parts = Parts(
            models=lambda snapshot: Choice((NamedModel("scripted", self._backend),)),
            filters=self.filters,
            clock=lambda: 0.0,
            sleep=self._sleep,
            new_id=lambda: "s1",
        )
        return await complete(snapshot, settings, parts, self.memory)

    async def _backend(self) -> Backend:
        return self.backend

    async def _sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        if self.rest is not None:
            await self.rest()


def texts(outcome: Outcome) -> list[str]:
    return [suggestion.text for suggestion in outcome.suggestions]


async def test_a_completion_is_shown_with_everything_known_of_it() -> None:
    bench = Bench(ScriptedBackend("a + b\nmore"))
    outcome = await bench.ask(at_cursor("def add(a, b):\n    return ‸\n"))
    assert outcome.kind is OutcomeKind.SHOWN
    assert outcome.reason == "model"
    assert texts(outcome) == ["a + b"]
    assert outcome.model == "scripted"
    assert set(outcome.timings_ms) >= {"total", "trigger", "prompt", "model", "filters"}
    assert outcome.tokens.evaluated
    assert {verdict.rule for verdict in outcome.verdicts} >= {"empty", "echo-below"}


async def test_the_stream_is_left_as_soon_as_the_suggestion_is_complete() -> None:
    backend = ScriptedBackend(" a + b\n" + "x" * 1000)
    await Bench(backend).ask(at_cursor("return‸\n"))
    assert backend.streamed < 40
    assert backend.closed_early == 1


async def test_a_suggestion_is_kept_without_what_the_model_was_sent_for_it() -> None:
    bench, snapshot = Bench(ScriptedBackend("foo(bar)\n")), at_cursor("x = ‸\n")
    outcome = await bench.ask(snapshot)
    assert outcome.sent
    kept = bench.memory.cache.get(snapshot.document, snapshot.cursor)
    assert kept
    assert kept.text == "foo(bar)"
    assert kept.origin.sent is None


async def test_typing_along_does_not_ask_again() -> None:
    bench = Bench(ScriptedBackend("foo(bar)\n"))
    await bench.ask(at_cursor("x = ‸\n"))
    outcome = await bench.ask(at_cursor("x = foo‸\n", version=2))
    assert (outcome.reason, texts(outcome)) == ("cache", ["(bar)"])
    assert len(bench.backend.requests) == 1


async def test_automatic_requests_rest_first_and_explicit_ones_do_not() -> None:
    bench = Bench(ScriptedBackend("y"))
    await bench.ask(at_cursor("x = ‸\n"))
    await bench.ask(at_cursor("z = ‸\n", trigger=Trigger.INVOKED))
    assert bench.slept_s == [SETTINGS.debounce_ms / 1000]


async def test_a_request_that_is_not_wanted_never_reaches_the_model() -> None:
    bench = Bench(ScriptedBackend("y"))
    outcome = await bench.ask(at_cursor("x = a‸b\n"))
    assert (outcome.kind, outcome.rule) == (OutcomeKind.NOT_TRIGGERED, "inside-word")
    assert bench.backend.requests == []


@pytest.mark.parametrize("kind", list(ModelErrorKind))
async def test_every_failure_of_a_model_is_an_outcome(kind: ModelErrorKind) -> None:
    bench = Bench(ScriptedBackend(ModelError("Say this.", kind=kind)))
    outcome = await bench.ask(at_cursor("x = ‸\n"))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.MODEL_ERROR, kind.value)
    assert outcome.message == "Say this."
    bench.backend.script = "y"
    assert (await bench.ask(at_cursor("x = ‸\n"))).kind is OutcomeKind.SHOWN


async def test_an_answer_that_does_not_continue_the_half_typed_token_is_dropped() -> None:
    bench = Bench(ScriptedBackend())

    async def stubborn(request: GenerateRequest):  # type: ignore[no-untyped-def]
        from aicopilot_lsp.models.protocol import TextChunk

        yield TextChunk("other")

    bench.backend.generate = stubborn  # type: ignore[method-assign]
    outcome = await bench.ask(at_cursor("x = na‸\n"))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.EMPTY, "other-token")


async def test_nothing_generated_is_empty_and_not_asked_again() -> None:
    bench = Bench(ScriptedBackend(""))
    for _ in range(2):
        outcome = await bench.ask(at_cursor("x = ‸\n"))
        assert outcome.kind is OutcomeKind.EMPTY
    assert len(bench.backend.requests) == 1


async def test_a_blocked_suggestion_names_its_rule() -> None:
    outcome = await Bench(ScriptedBackend("x = 1\n")).ask(at_cursor("x = 1\n‸\n"))
    assert (outcome.kind, outcome.rule) == (OutcomeKind.FILTERED, "echo-above")


async def test_cancelling_closes_the_model_call_and_remembers_nothing() -> None:
    backend = ScriptedBackend("foo")
    bench = Bench(backend)
    backend.hold()
    task = asyncio.create_task(bench.ask(at_cursor("x = ‸\n")))
    await backend.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert backend.closed_early == 1
    backend.gate.set()
    assert (await bench.ask(at_cursor("x = ‸\n"))).reason == "model"


async def test_at_the_deadline_whole_lines_are_shown_and_half_ones_are_not() -> None:
    settings = replace(SETTINGS, deadline_ms=50)

    for text, kind in (
        ("    a = 1\n    b = 2\n    c = ", OutcomeKind.SHOWN),
        ("    a = ", OutcomeKind.TIMEOUT),
    ):
        bench = Bench(HangingBackend(text))
        outcome = await bench.ask(at_cursor("def f():\n    ‸\n"), settings)
        assert outcome.kind is kind
        if kind is OutcomeKind.SHOWN:
            assert (outcome.reason, texts(outcome)) == ("deadline", ["a = 1\n    b = 2"])


class HangingBackend(ScriptedBackend):
    """Streams its script and then says nothing more."""

    async def generate(self, request: GenerateRequest):  # type: ignore[no-untyped-def]
        async for event in super().generate(request):
            if self.streamed == len(str(self.script)):
                yield event
                await asyncio.Event().wait()
            yield event


class Broken:
    rule = "broken"

    def check(self, candidate: Candidate) -> Verdict:
        raise RuntimeError(candidate.text)


class Longer:
    rule = "longer"

    def check(self, candidate: Candidate) -> Verdict:
        return Verdict(rule=self.rule, action=Action.TRIM, text=candidate.text + "!")


@pytest.mark.parametrize("bad", [Broken(), Longer()])
async def test_a_filter_that_fails_blocks(bad: Filter, caplog: pytest.LogCaptureFixture) -> None:
    outcome = await Bench(ScriptedBackend("secret_name"), [bad]).ask(at_cursor("x = ‸\n"))
    assert (outcome.kind, outcome.rule) == (OutcomeKind.FILTERED, bad.rule)
    assert "secret_name" not in caplog.text


async def test_inv_4_a_suggestion_carries_a_verdict_of_every_enabled_filter() -> None:
    bench = Bench(ScriptedBackend("y"))
    outcome = await bench.ask(at_cursor("x = ‸\n"))
    assert [verdict.rule for verdict in outcome.verdicts] == [one.rule for one in bench.filters]


async def test_inv_2_the_same_request_gives_the_same_outcome() -> None:
    async def once() -> Outcome:
        return await Bench(ScriptedBackend("a + b\nc")).ask(at_cursor("return ‸\n"))

    assert await once() == await once()


async def test_text_cut_off_by_the_token_limit_loses_its_half_line() -> None:
    backend = ScriptedBackend("    a = 1\n    b = 2\n    c =", finish=FinishReason.LIMIT)
    outcome = await Bench(backend).ask(at_cursor("def f():\n    ‸\n"))
    assert texts(outcome) == ["a = 1\n    b = 2"]


async def test_a_closer_put_there_by_the_editor_is_overwritten_not_doubled() -> None:
    outcome = await Bench(ScriptedBackend("a, b):")).ask(at_cursor("foo(‸)\n"))
    (suggestion,) = outcome.suggestions
    assert suggestion.text == "a, b):"
    assert suggestion.end.column - suggestion.start.column == 1


async def test_nothing_is_asked_twice_of_the_same_place_except_on_purpose() -> None:
    bench = Bench(ScriptedBackend("x = 1\n"))
    first = await bench.ask(at_cursor("x = 1\n‸\n"))
    again = await bench.ask(at_cursor("x = 1\n‸\n"))
    assert (again.kind, again.reason, again.rule) == (first.kind, first.reason, first.rule)
    assert (again.model, again.verdicts) == (first.model, first.verdicts)
    assert len(bench.backend.requests) == 1
    await bench.ask(at_cursor("x = 1\n‸\n", trigger=Trigger.INVOKED))
    assert len(bench.backend.requests) == 2


async def test_what_stands_right_of_the_cursor_is_not_said_again() -> None:
    bench = Bench(ScriptedBackend("a) + bar\n"))
    outcome = await bench.ask(at_cursor("x = foo(‸) + bar\n", trigger=Trigger.INVOKED))
    assert texts(outcome) == ["a"]


async def test_a_fresh_body_at_column_zero_gets_its_indentation() -> None:
    bench = Bench(ScriptedBackend("    total = 0\n    return total\n\n\ndef g():\n"))
    outcome = await bench.ask(at_cursor("def f(xs):\n‸\n"))
    assert texts(outcome) == ["    total = 0\n    return total"]


async def test_code_of_an_outer_scope_is_not_put_into_this_one() -> None:
    bench = Bench(ScriptedBackend("    return best\n"))
    outcome = await bench.ask(at_cursor("def f():\n    if x:\n        y()\n        ‸\n"))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.EMPTY, "other-scope")


async def test_a_line_that_the_model_finds_complete_gets_no_suggestion() -> None:
    bench = Bench(ScriptedBackend("\n\n# Example usage\n"))
    assert (await bench.ask(at_cursor("x = f(1)‸\n"))).kind is OutcomeKind.EMPTY


async def test_a_tokenizer_that_fails_does_not_fail_the_completion() -> None:
    backend = ScriptedBackend("me\n")

    async def refuse(text: str) -> tuple[str, ...] | None:
        raise ModelError("No.", kind=ModelErrorKind.REJECTED)

    backend.tokenize = refuse  # type: ignore[method-assign]
    outcome = await Bench(backend).ask(at_cursor("x = na‸\n"))
    assert texts(outcome) == ["me"]


async def test_a_deadline_that_passes_in_silence_makes_the_next_prompt_smaller() -> None:
    backend = ScriptedBackend("x")
    bench = Bench(backend)
    backend.hold()
    bench.memory.speeds = Speeds({"scripted": Speed(reads_per_s=50_000)})
    settings = replace(SETTINGS, deadline_ms=40)
    lines = "".join(f"total_{n} = {n}\n" for n in range(200))
    for _ in range(2):
        outcome = await bench.ask(at_cursor(f"{lines}x = ‸\n"), settings)
        assert (outcome.kind, outcome.reason) == (OutcomeKind.TIMEOUT, "model")
    first, second = (len(request.prompt) for request in backend.requests)
    assert second < first


async def test_a_model_that_is_given_up_in_silence_is_sent_less_the_next_time() -> None:
    backend = ScriptedBackend(ModelError("Too late.", kind=ModelErrorKind.TIMEOUT))
    bench = Bench(backend)
    lines = "".join(f"total_{n} = {n}\n" for n in range(400))
    for _ in range(2):
        outcome = await bench.ask(at_cursor(f"{lines}x = ‸\n"))
        assert (outcome.kind, outcome.reason) == (OutcomeKind.MODEL_ERROR, "timeout")
    first, second = (len(request.prompt) for request in backend.requests)
    assert second < 0.7 * first


async def test_the_outcome_says_how_the_request_was_sized_and_by_what() -> None:
    bench = Bench(ScriptedBackend("1\n", site=Site(window_tokens=512)))
    lines = "".join(f"total_{n} = {n}\n" for n in range(400))
    outcome = await bench.ask(at_cursor(f"{lines}x = ‸\n"))
    budget = outcome.budget
    assert budget is not None
    assert budget.prompt_bound is Bound.WINDOW
    (request,) = bench.backend.requests
    assert request.max_tokens == budget.output_tokens
    assert len(request.prompt) < budget.prompt_chars + 200
    again = await bench.ask(at_cursor(f"{lines}x = 1 + ‸\n", version=2))
    assert again.budget is not None
    assert again.budget.room_chars == budget.room_chars
    assert again.budget.speed.readings == 1


async def test_a_frozen_window_that_turns_out_not_to_fit_in_is_made_anew() -> None:
    backend = ScriptedBackend("1\n")
    bench = Bench(backend)
    lines = "".join(f"total_{n} = {n}\n" for n in range(400))
    await bench.ask(at_cursor(f"{lines}x = ‸\n"))
    backend.site = Site(window_tokens=512)  # as a server says once it has answered
    await bench.ask(at_cursor(f"{lines}x = 1 + ‸\n", version=2))
    await bench.ask(at_cursor(f"{lines}x = 1 + 2 + ‸\n", version=3))
    first, second, third = (request.prompt for request in backend.requests)
    assert len(first) > 2_000 > len(second)
    assert third.startswith(second[:500])


async def test_a_block_and_a_request_by_hand_may_be_longer_than_a_line() -> None:
    bench = Bench(ScriptedBackend("y\n"))
    await bench.ask(at_cursor("x = ‸\n"))
    await bench.ask(at_cursor("def f(xs):\n    ‸\n"))
    await bench.ask(at_cursor("z = ‸\n", trigger=Trigger.INVOKED))
    line, block, by_hand = (request.max_tokens for request in bench.backend.requests)
    assert line < block <= by_hand


async def test_a_model_that_is_still_being_loaded_makes_no_prompt_smaller() -> None:
    backend = ScriptedBackend("x")

    async def load() -> None:
        await asyncio.Event().wait()

    backend.prepare = load  # type: ignore[method-assign]
    bench = Bench(backend)
    settings = replace(SETTINGS, deadline_ms=20)
    outcome = await bench.ask(at_cursor("x = ‸\n"), settings)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.TIMEOUT, "connect")
    assert outcome.message.startswith("The model scripted was not ready within")
    assert "`aicopilot model test scripted` tests it without this limit" in outcome.message
    assert not bench.memory.speeds.all()


async def test_a_wait_for_typing_to_rest_that_takes_all_the_time_is_told_as_that() -> None:
    bench = Bench(ScriptedBackend("x"))
    bench.rest = asyncio.Event().wait
    outcome = await bench.ask(at_cursor("x = ‸\n"), replace(SETTINGS, deadline_ms=20))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.TIMEOUT, "debounce")
    assert outcome.message.startswith("No model was asked within the timeout")
    assert not bench.backend.requests


async def test_a_line_with_a_marker_is_never_shown_to_the_tokenizer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = ScriptedBackend("x")
    asked: list[str] = []

    async def tokenize(text: str) -> tuple[str, ...]:
        asked.append(text)
        return (text,)

    monkeypatch.setattr(backend, "tokenize", tokenize)
    await Bench(backend).ask(at_cursor('end = "<|im_end|>‸\n'))
    assert asked == []
    assert "<|im_end|>" not in backend.requests[0].must_begin_with
    await Bench(backend).ask(at_cursor('end = "im_end‸\n'))
    assert asked == ['end = "im_end']
