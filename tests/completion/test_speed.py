"""The running estimates, fed with what servers tell and with what the clock shows."""

from dataclasses import replace

import pytest

from aicopilot_lsp.completion.speed import Sample, Speed, Speeds, identity_of
from aicopilot_lsp.models.protocol import Site, Usage


def told(tokens: int, took_ms: float, *, evaluated: int | None = None) -> Sample:
    usage = Usage(
        prompt_tokens=tokens,
        evaluated_tokens=tokens if evaluated is None else evaluated,
        prefill_ms=took_ms,
    )
    return Sample(usage=usage, prompt_chars=min(4 * tokens, 10**9), first_text_ms=took_ms + 25.0)


def after(sample: Sample, times: int = 30, speed: Speed | None = None) -> Speed:
    speed = speed or Speed()
    for _ in range(times):
        speed = speed.after(sample)
    return speed


@pytest.mark.parametrize("per_s", [20.0, 100.0, 2_000.0, 20_000.0])
def test_what_the_server_tells_is_believed_and_soon(per_s: float) -> None:
    sample = told(700, 1000 * 700 / per_s)
    assert after(sample).reads_per_s == pytest.approx(per_s, rel=0.02)
    # Within a factor of two after four prompts, from a first guess of 100.
    assert 0.5 < after(sample, 4).reads_per_s / per_s < 2


def test_overhead_is_the_time_to_the_first_text_that_was_not_reading() -> None:
    assert after(told(700, 350.0)).overhead_ms == pytest.approx(25.0, rel=0.05)


def test_few_tokens_time_the_overhead_and_not_the_model() -> None:
    speed = after(told(700, 400.0, evaluated=10))
    assert speed.reads_per_s == Speed().reads_per_s
    assert speed.readings == 0


def test_the_share_that_is_read_anew_is_averaged_over_warm_and_cold() -> None:
    speed = Speed()
    for number in range(200):
        speed = speed.after(told(1_000, 100.0, evaluated=1_000 if number % 10 == 0 else 10))
    assert speed.fresh_share == pytest.approx(0.11, abs=0.05)


def test_a_call_that_was_cut_short_tells_how_fast_the_prompt_was_read_and_no_more() -> None:
    cut = replace(told(4_000, 1_000.0, evaluated=512), first_text_ms=None)
    speed = after(cut)
    assert speed.reads_per_s == pytest.approx(512, rel=0.02)
    assert (speed.fresh_share, speed.overhead_ms) == (Speed().fresh_share, Speed().overhead_ms)


def test_writing_is_timed_by_the_server_or_by_the_clock() -> None:
    by_server = Sample(usage=Usage(generated_tokens=50, decode_ms=500.0), prompt_chars=0)
    assert after(by_server).writes_per_s == pytest.approx(100, rel=0.02)
    by_clock = Sample(usage=Usage(), prompt_chars=0, writing_ms=500.0, pieces=51)
    assert after(by_clock).writes_per_s == pytest.approx(100, rel=0.02)
    counted = replace(by_clock, usage=Usage(generated_tokens=101), pieces=6)
    assert after(counted).writes_per_s == pytest.approx(200, rel=0.02)


@pytest.mark.parametrize("pieces", [0, 1, 3])
def test_an_answer_in_hardly_any_pieces_does_not_time_the_writing(pieces: int) -> None:
    sample = Sample(usage=Usage(), prompt_chars=0, writing_ms=0.5, pieces=pieces)
    assert after(sample).writes_per_s == Speed().writes_per_s


def test_without_figures_overhead_and_reading_come_to_what_the_clock_shows() -> None:
    silent = Sample(usage=Usage(), prompt_chars=2_940, cold=True, first_text_ms=350.0)
    speed = after(silent)
    tokens = silent.prompt_chars / speed.chars_per_token
    assert speed.overhead_ms + speed.reading_ms(tokens) == pytest.approx(350.0, rel=0.02)


def test_without_figures_a_warm_prompt_tells_what_was_kept() -> None:
    cold = Sample(usage=Usage(), prompt_chars=2_940, cold=True, first_text_ms=7_000.0)
    warm = replace(cold, cold=False, first_text_ms=150.0)
    kept = after(warm, speed=after(cold, 10))
    assert kept.fresh_share < 0.1
    assert kept.reads_per_s == after(cold, 10).reads_per_s
    nothing_kept = after(cold, speed=after(cold, 10))
    assert nothing_kept.fresh_share > 0.9


def test_silence_until_the_deadline_halves_the_estimate_and_there_is_a_least() -> None:
    assert Speed().halved().reads_per_s == 50.0
    speed = Speed()
    for _ in range(50):
        speed = speed.halved()
    assert speed.reads_per_s == 5.0


GARBAGE = [
    told(10**400, 1.0),
    told(700, 5e-324),
    told(40, 0.01),
    told(40, 1e12),
    told(1, 1e300, evaluated=10**400),
    Sample(usage=Usage(generated_tokens=10**400, decode_ms=1e-300), prompt_chars=10**9),
    Sample(usage=Usage(generated_tokens=4, decode_ms=1e300), prompt_chars=0),
    Sample(usage=Usage(), prompt_chars=3_000, first_text_ms=1e-9),
    Sample(usage=Usage(), prompt_chars=3_000, first_text_ms=1e12),
    Sample(usage=Usage(), prompt_chars=3_000, cold=False, first_text_ms=1e12),
    Sample(usage=Usage(), prompt_chars=3_000, first_text_ms=-5.0, writing_ms=-5.0, pieces=9),
]


@pytest.mark.parametrize("sample", GARBAGE, ids=range(len(GARBAGE)))
def test_no_figure_of_a_server_leads_out_of_what_is_possible(sample: Sample) -> None:
    speed = after(sample, 50)
    assert 5.0 <= speed.reads_per_s <= 50_000.0
    assert 0.5 <= speed.writes_per_s <= 5_000.0
    assert 1.0 <= speed.chars_per_token <= 8.0
    assert 1.0 <= speed.overhead_ms <= 10_000.0
    assert 0.02 <= speed.fresh_share <= 1.0


def test_each_model_and_each_place_of_it_has_its_own_estimate() -> None:
    speeds = Speeds()
    here = identity_of("qwen", Site())
    there = identity_of("qwen", Site(endpoint="http://gpu-box:8080"))
    speeds.learn(there, told(700, 35.0))
    assert speeds.of(here) == Speed()
    assert speeds.of(there).reads_per_s > 1_000
    speeds.halve(here)
    assert speeds.of(here).reads_per_s == 50.0
    assert list(speeds.all()) == [there, here]


def test_of_very_many_models_those_asked_last_are_remembered() -> None:
    speeds = Speeds()
    for number in range(200):
        speeds.halve(f"model-{number}")
    assert len(speeds.all()) == 64
    assert "model-199" in speeds.all()
