"""Models that fail or are silent: how often they are asked, and how soon they are back."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from aicopilot_lsp.completion.types import Outcome, OutcomeKind, Trigger
from aicopilot_lsp.config.settings import (
    CompletionSettings,
    Settings,
)
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from tests.support.scripted_backend import ScriptedBackend
from tests.support.scripted_models import DOWN, Bench, Silent, answered_by, remote


async def test_an_outage_of_ten_minutes_costs_thirty_probes_and_ends_by_itself(
    bench_of: Callable[..., Bench],
) -> None:
    model = ScriptedBackend(DOWN)
    bench = bench_of(model=model)
    reasons = set()
    for _ in range(600 * 5):
        bench.now_s += 0.2
        reasons.add((await bench.ask()).reason)
    assert reasons == {"unreachable"}
    assert len(model.requests) <= 30
    model.script = "y\n"
    waited_s = 0.0
    while (await bench.ask()).kind is not OutcomeKind.SHOWN:
        bench.now_s += 0.2
        waited_s += 0.2
    assert waited_s <= 25
    assert (await bench.ask()).kind is OutcomeKind.SHOWN


async def test_the_same_holds_where_a_second_model_serves(bench_of: Callable[..., Bench]) -> None:
    first = ScriptedBackend(DOWN)
    bench = bench_of(first=first, second=ScriptedBackend("y\n"))
    for _ in range(600):
        bench.now_s += 1
        assert answered_by(await bench.ask()) == "second"
    assert len(first.requests) <= 30
    first.script = "y\n"
    bench.now_s += 25
    assert answered_by(await bench.ask()) == "first"


async def test_a_wrong_key_is_not_hammered_with_and_new_settings_count_at_once(
    bench_of: Callable[..., Bench],
) -> None:
    model = ScriptedBackend(ModelError("Check the key.", kind=ModelErrorKind.AUTH))
    bench = bench_of(model=model)
    for _ in range(5):
        assert (await bench.ask()).reason == "auth"
    assert len(model.requests) == 1
    model.script = "y\n"
    filters = replace(bench.settings.filters, disabled=("fence",))
    await bench.engine.reconfigure(replace(bench.settings, filters=filters))
    assert (await bench.ask()).kind is OutcomeKind.SHOWN


async def test_who_asks_by_hand_is_not_kept_waiting(bench_of: Callable[..., Bench]) -> None:
    model = ScriptedBackend(DOWN)
    bench = bench_of(model=model)
    for _ in range(60):
        bench.now_s += 1
        await bench.ask()
    model.script = "y\n"
    bench.now_s += 2
    assert (await bench.ask()).kind is OutcomeKind.MODEL_ERROR
    assert (await bench.ask(trigger=Trigger.INVOKED)).kind is OutcomeKind.SHOWN


async def test_what_the_user_types_over_tells_nothing_of_the_model(
    bench_of: Callable[..., Bench],
) -> None:
    model = Silent()
    bench = bench_of(model=model)
    for count in range(1, 4):
        task = asyncio.create_task(bench.ask())
        await model.asked.wait()
        model.asked.clear()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(model.requests) == count


async def _probing(bench: Bench, model: ScriptedBackend) -> asyncio.Task[Outcome]:
    """A request that has begun to ask the model that was down a second ago."""
    await bench.ask()
    bench.now_s += 1
    model.script = "yes\n"
    model.hold()
    model.asked.clear()
    task = asyncio.create_task(bench.ask())
    await model.asked.wait()
    return task


async def test_a_probe_that_is_typed_over_still_finds_the_model_back(
    bench_of: Callable[..., Bench],
) -> None:
    model = ScriptedBackend(DOWN)
    bench = bench_of(model=model)
    task = await _probing(bench, model)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    model.gate.set()
    # The clock stands still: no other probe is due.
    outcomes = [await bench.ask() for _ in range(20)]
    assert outcomes[-1].kind is OutcomeKind.SHOWN
    assert model.closed_early >= 1
    await bench.engine.aclose()


async def test_closing_the_engine_ends_a_probe_that_nobody_waits_for(
    bench_of: Callable[..., Bench],
) -> None:
    model = ScriptedBackend(DOWN)
    bench = bench_of(model=model)
    task = await _probing(bench, model)
    task.cancel()
    await asyncio.wait((task,))
    assert model.closed_early == 0
    await bench.engine.aclose()
    assert model.closed_early == 1


async def test_a_silence_up_to_the_deadline_pauses_a_model_as_a_failure_does(
    bench_of: Callable[..., Bench],
) -> None:
    model = Silent()
    settings = Settings(models=(remote("model"),), completion=CompletionSettings(deadline_ms=100))
    bench = bench_of(settings, model=model)
    assert (await bench.ask()).kind is OutcomeKind.TIMEOUT
    assert (await bench.ask()).reason == "timeout"
    assert len(model.requests) == 1
