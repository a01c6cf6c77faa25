"""Sizes of prompts and answers on machines of all speeds, each played by a script."""

from dataclasses import dataclass, replace

import pytest

from aicopilot_lsp.completion.budget import (
    Bound,
    Budget,
    Wanted,
    as_record,
    budget_for,
    in_words,
    planned,
    speed_in_words,
)
from aicopilot_lsp.completion.speed import Sample, Speed
from aicopilot_lsp.config.settings import CompletionSettings, LatencySettings
from aicopilot_lsp.models.protocol import Site, Usage

SETTINGS = CompletionSettings()
TARGET_MS = LatencySettings().target_ms
COLD_READ_MS = 7_000
LINE = Wanted(target_ms=TARGET_MS, cold_ms=SETTINGS.deadline_ms / 2)
BY_HAND = replace(LINE, target_ms=LatencySettings().explicit_target_ms, block=True)
BIG_WINDOW = Site(window_tokens=32_768)
CHARS_PER_TOKEN = 4.0
STRETCH = 12  # requests that go by between two cold prompts


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A model as its users see it. `keeps`: what it has read of a prompt it need not read again."""

    reads_per_s: float
    writes_per_s: float
    overhead_ms: float = 10.0
    keeps: bool = True
    tells: bool = True
    typed_tokens: int = 12

    def read_tokens(self, budget: Budget, *, cold: bool) -> int:
        return budget.prompt_tokens if cold or not self.keeps else self.typed_tokens

    def first_text_ms(self, budget: Budget, *, cold: bool) -> float:
        read_ms = 1000 * self.read_tokens(budget, cold=cold) / self.reads_per_s
        return self.overhead_ms + read_ms

    def answer(self, budget: Budget, *, cold: bool, tokens: int = 10) -> Sample:
        read = self.read_tokens(budget, cold=cold)
        writing_ms = 1000 * tokens / self.writes_per_s
        told = Usage(
            prompt_tokens=budget.prompt_tokens,
            evaluated_tokens=read,
            prefill_ms=1000 * read / self.reads_per_s,
            generated_tokens=tokens,
            decode_ms=writing_ms,
        )
        return Sample(
            usage=told if self.tells else Usage(),
            prompt_chars=int(budget.prompt_tokens * CHARS_PER_TOKEN),
            cold=cold,
            first_text_ms=self.first_text_ms(budget, cold=cold),
            writing_ms=writing_ms * (tokens - 1) / tokens,
            pieces=tokens,
        )

    def worked(self, site: Site = BIG_WINDOW, requests: int = 120) -> Speed:
        """What is known of it after some stretches of typing, each prompt sized by what was known
        by then."""
        speed = Speed()
        for number in range(requests):
            budget = budget_for(speed, site, SETTINGS, LINE)
            speed = speed.after(self.answer(budget, cold=number % STRETCH == 0))
        return speed


OLD_LAPTOP = Machine(reads_per_s=20, writes_per_s=4)
TWO_CORES = Machine(reads_per_s=100, writes_per_s=40)
LAPTOP = Machine(reads_per_s=400, writes_per_s=50)
SMALL_GPU = Machine(reads_per_s=2_500, writes_per_s=60)
H200 = Machine(reads_per_s=20_000, writes_per_s=250)
KEEPS_SOME = replace(SMALL_GPU, typed_tokens=600)
CLOUD = Machine(reads_per_s=8_000, writes_per_s=90, overhead_ms=250, keeps=False, tells=False)
FORGETFUL_CPU = replace(TWO_CORES, keeps=False)

# machine, tokens of a prompt from and to, what decided, tokens of a line and of a block by hand
MACHINES = {
    "an old laptop": (OLD_LAPTOP, 130, 150, Bound.FLOOR, 48, 96),
    "two cores": (TWO_CORES, 660, 740, Bound.FLOOR, 48, 112),
    "a laptop": (LAPTOP, 1_536, 1_536, Bound.FLOOR, 48, 144),
    "a small GPU": (SMALL_GPU, 4_800, 5_120, Bound.COLD_READ, 48, 160),
    "a small GPU that keeps some": (KEEPS_SOME, 2_600, 4_900, Bound.TARGET, 48, 160),
    "an H200": (H200, 8_192, 8_192, Bound.CAP, 120, 160),
}


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_gets_what_it_reads_and_writes_in_time(name: str) -> None:
    machine, least, most, bound, line_tokens, block_tokens = MACHINES[name]
    speed = machine.worked()
    line = budget_for(speed, BIG_WINDOW, SETTINGS, LINE)
    assert least <= line.prompt_tokens <= most
    assert line.prompt_bound is bound
    assert line.output_tokens == pytest.approx(line_tokens, abs=6)
    by_hand = budget_for(speed, BIG_WINDOW, SETTINGS, BY_HAND)
    assert by_hand.output_tokens == pytest.approx(block_tokens, abs=12)
    assert by_hand.prompt_tokens >= line.prompt_tokens


@pytest.mark.parametrize("name", MACHINES)
def test_no_prompt_takes_longer_to_be_read_than_a_cold_one_may(name: str) -> None:
    machine = MACHINES[name][0]
    budget = budget_for(machine.worked(), BIG_WINDOW, SETTINGS, LINE)
    assert machine.first_text_ms(budget, cold=True) < 1.1 * COLD_READ_MS


@pytest.mark.parametrize("machine", [SMALL_GPU, H200, CLOUD])
def test_a_machine_that_can_meets_the_target_on_the_average(machine: Machine) -> None:
    budget = budget_for(machine.worked(), BIG_WINDOW, SETTINGS, LINE)
    first_ms = [machine.first_text_ms(budget, cold=n == 0) for n in range(STRETCH)]
    writing_ms = 1000 * 8 / machine.writes_per_s
    assert sum(first_ms) / STRETCH + writing_ms < 1.15 * TARGET_MS


def test_the_slow_machine_answers_a_warm_request_sooner_than_the_fast_one_reads_its_file() -> None:
    slow, fast = OLD_LAPTOP.worked(), H200.worked()
    short = budget_for(slow, BIG_WINDOW, SETTINGS, LINE)
    long = budget_for(fast, BIG_WINDOW, SETTINGS, LINE)
    assert long.prompt_tokens > 50 * short.prompt_tokens
    assert OLD_LAPTOP.first_text_ms(short, cold=False) < 1_000
    assert H200.first_text_ms(long, cold=True) < TARGET_MS


def test_a_server_that_keeps_nothing_gets_a_prompt_that_it_can_read_each_time() -> None:
    keeping = budget_for(TWO_CORES.worked(), BIG_WINDOW, SETTINGS, LINE)
    forgetting = budget_for(FORGETFUL_CPU.worked(), BIG_WINDOW, SETTINGS, LINE)
    assert forgetting.prompt_tokens < keeping.prompt_tokens / 4
    assert FORGETFUL_CPU.first_text_ms(forgetting, cold=False) < 3 * TARGET_MS


def test_a_target_of_your_own_moves_the_prompt() -> None:
    speed = replace(SMALL_GPU.worked(), fresh_share=0.5)
    sizes = [
        budget_for(speed, BIG_WINDOW, SETTINGS, replace(LINE, target_ms=ms)).prompt_tokens
        for ms in (200, 1_000, 1_500)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_less_time_for_a_cold_prompt_makes_it_shorter() -> None:
    in_a_row = budget_for(Speed(), BIG_WINDOW, SETTINGS, replace(LINE, cold_ms=2_000))
    assert in_a_row.prompt_tokens == pytest.approx(200, abs=12)


WINDOWS = [512, 1_024, 2_048, 4_096, 8_192, 131_072, None]


@pytest.mark.parametrize("window_tokens", WINDOWS)
@pytest.mark.parametrize("max_output_tokens", [1, 160, 4_096])
@pytest.mark.parametrize("wanted", [LINE, BY_HAND])
def test_prompt_and_answer_fit_in_the_window(
    window_tokens: int | None, max_output_tokens: int, wanted: Wanted
) -> None:
    settings = replace(SETTINGS, max_prompt_tokens=65_536, max_output_tokens=max_output_tokens)
    speed = replace(Speed(), reads_per_s=50_000.0, writes_per_s=5_000.0, fresh_share=0.02)
    budget = budget_for(speed, Site(window_tokens=window_tokens), settings, wanted)
    assert budget.window_tokens == (window_tokens or 4_096)
    used = budget.prompt_chars / speed.chars_per_token + budget.output_tokens
    assert used < budget.window_tokens
    if window_tokens is None or window_tokens < 65_536:
        assert budget.prompt_bound is Bound.WINDOW


@pytest.mark.parametrize("text", ["数据处理函数的说明" * 400, "0x1f2e3d4c, 12345678, " * 200])
def test_text_that_is_cut_into_many_tokens_fits_as_well(text: str) -> None:
    speed = replace(Speed(), reads_per_s=50_000.0)
    site = Site(window_tokens=2_048)
    wanted = replace(LINE, text=text)
    budget = budget_for(speed, site, SETTINGS, wanted)
    dense = sum(char.isdigit() or not char.isascii() for char in text) / len(text)
    assert budget.prompt_chars * dense + budget.output_tokens < 2_048


def test_a_server_under_a_public_name_is_sent_less_for_it_may_bill_by_the_token() -> None:
    speed = H200.worked()
    metered = Site(endpoint="https://api.example.com", metered=True, window_tokens=32_768)
    budget = budget_for(speed, metered, SETTINGS, LINE)
    assert (budget.prompt_tokens, budget.prompt_bound) == (2_048, Bound.CAP)
    settings = replace(SETTINGS, max_metered_prompt_tokens=65_536)
    assert budget_for(speed, metered, settings, LINE).prompt_tokens == 8_192


def test_the_configuration_has_the_last_word() -> None:
    settings = replace(SETTINGS, max_prompt_tokens=64, max_output_tokens=5)
    budget = budget_for(H200.worked(), BIG_WINDOW, settings, LINE)
    assert (budget.prompt_tokens, budget.prompt_bound) == (64, Bound.CAP)
    assert (budget.output_tokens, budget.output_bound) == (5, Bound.CAP)


def test_an_estimate_that_wobbles_mostly_moves_no_size() -> None:
    speed = Speed(reads_per_s=100.0)
    sizes = {
        budget_for(replace(speed, reads_per_s=reads), BIG_WINDOW, SETTINGS, LINE).prompt_tokens
        for reads in (99.0, 99.5, 100.0, 100.5, 101.0)
    }
    assert len(sizes) == 1


def test_what_is_planned_is_for_a_line_as_one_types_and_for_a_block_by_hand() -> None:
    speed = LAPTOP.worked()
    line, by_hand = planned(speed, BIG_WINDOW, SETTINGS, LatencySettings())
    assert line == budget_for(speed, BIG_WINDOW, SETTINGS, LINE)
    assert by_hand == budget_for(speed, BIG_WINDOW, SETTINGS, BY_HAND)


def test_the_record_and_the_words_say_what_decided() -> None:
    budget = budget_for(Speed(), BIG_WINDOW, SETTINGS, LINE)
    record = as_record(budget)
    assert record["prompt"]["bound"] == "floor"
    assert record["prompt"]["tokens"] == budget.prompt_tokens
    assert record["speed"]["readings"] == 0
    assert in_words(budget) == "500 ms: prompts of 704 tokens (floor), answers of 48 (floor)"
    assert "100 tokens/s (assumed until measured)" in speed_in_words(Speed())
    assert "assumed" not in speed_in_words(H200.worked())
