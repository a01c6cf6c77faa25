"""How much to send and to ask for: sized to meet the latency that is aimed at, by measured speed.

The prompt. The frozen layout reads a prompt whole once for a stretch of typing and then only what
was typed, so two things bound it: the target bounds what a request costs on the average, and a few
times the target what reading it whole may take. Below the floor neither counts, only what a
patient user will wait for: a slow model with hardly a prompt would be in time with nonsense.

The answer. It ends by itself where the suggestion is complete; the limit is for the model that
does not find an end. What the target leaves time for, and at least a line or a block.

Sizes are in steps, so that an estimate that wobbles moves nothing; and a frozen window keeps the
room it was made for (prompt.py). speed.py holds the estimates.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aicopilot_lsp.completion.speed import Speed
from aicopilot_lsp.config.settings import CompletionSettings, LatencySettings
from aicopilot_lsp.models.protocol import Site

# A cold prompt may take this long, where there is as much time. On 57 line tasks the 0.5B matched
# 28 % exactly with 2,100 characters and a window cut to 70 % of its room, and 35 % with 2,600 and a
# full one, so the prompt is not cut further for the sake of a cold read.
_COLD_READ_MS = 7_000.0
# Above the floor a cold prompt may take so many times the target: a cursor that jumps about reads
# one each time.
_COLD_TARGETS = 4.0
# Snippets may take as long to read while the user rests, and are as many at most: a prompt of 1,500
# tokens or so is as large as small models make use of.
_RESTING_READ_MS, _RESTING_TOKENS = 10_000.0, 1_024
# Where at least this share of the prompts is read anew, cold is the rule and gets no such time.
_NO_REUSE = 0.5
# The floor lies at what a cold read affords, and between these.
_MIN_PROMPT_TOKENS = 96
_FLOOR_PROMPT_TOKENS = 1_536
# Of the target at least this share is for reading, also where the rest is gone before.
_READING_SHARE = 0.25
# Answers of the 0.5B on 50 tasks: half of the lines had at most 7 tokens and of the blocks 23; the
# longest 37 and 84, but for one line that found no end. A limit of 32 cut 3 lines of 32 and 6
# blocks of 18, one of 48 that line and 2 blocks; matches were the same with any (bench/README.md).
_USUAL_LINE_TOKENS, _USUAL_BLOCK_TOKENS = 8, 24
_LINE_TOKENS, _BLOCK_TOKENS = 48, 96
# Few servers have less, and Ollama has this by default.
_UNTOLD_WINDOW_TOKENS = 4_096
# Beside the text: markers, the file's name, what a server puts in front.
_MARKUP_TOKENS = 64
# The count of tokens is an estimate; a prompt over the window is refused or cut by the server.
_WINDOW_SHARE = 0.9
_DIGITS = "0123456789"
# About 6 %: two figures that differ by less are one size.
_STEPS_PER_DOUBLING = 16


class Bound(StrEnum):
    """What decided a size."""

    TARGET = "target"  # what the latency aimed at affords
    COLD_READ = "cold_read"  # what a prompt that is read whole may take
    FLOOR = "floor"  # with less there is no use in asking
    WINDOW = "window"  # what the model has room for
    CAP = "cap"  # the configuration's limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a budget is for.

    Attributes
    ----------
    target_ms : float
        From asking the model to its whole answer.
    cold_ms : float
        What reading a prompt whole may take at most, if that is less than it may take anyway.
    block : bool
        Whether it may be a block; else a line or a statement.
    text : str
        Some of the text around the cursor, for how densely it is cut into tokens.
    """

    target_ms: float
    cold_ms: float = math.inf
    block: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The sizes for one request, what decided each, and the estimates behind them.

    Attributes
    ----------
    prompt_chars : int
        Room for prefix and suffix.
    window_tokens : int
        What the model has room for; assumed where `site` does not tell.
    most_chars : int
        A window that was frozen with more than this room does not fit in: the model's own was told
        later, or is smaller now.
    room_chars : int
        Room of the window that the request was really made with: one that was frozen before keeps
        its own.
    resting_chars : int
        Room for snippets besides, in a prompt that is read while nobody waits for it.
    """

    prompt_tokens: int
    prompt_chars: int
    prompt_bound: Bound
    output_tokens: int
    output_bound: Bound
    target_ms: float
    window_tokens: int
    most_chars: int
    room_chars: int
    speed: Speed
    resting_chars: int = 0


def budget_for(speed: Speed, site: Site, settings: CompletionSettings, wanted: Wanted) -> Budget:
    """The budget of one request."""
    window = site.window_tokens or _UNTOLD_WINDOW_TOKENS
    output, output_bound = _output(speed, settings, wanted, window)
    cap = settings.max_prompt_tokens
    if site.metered:
        cap = min(cap, settings.max_metered_prompt_tokens)
    tokens, bound = _prompt(speed, wanted)
    if tokens > cap:
        tokens, bound = cap, Bound.CAP
    chars = int(tokens * speed.chars_per_token)
    room = max(1, int((window - output - _MARKUP_TOKENS) * _WINDOW_SHARE))
    room_chars = int(room * _densest(wanted.text, speed.chars_per_token))
    if chars > room_chars:
        tokens, chars, bound = min(tokens, room), room_chars, Bound.WINDOW
    return Budget(
        prompt_tokens=tokens,
        prompt_chars=chars,
        prompt_bound=bound,
        output_tokens=output,
        output_bound=output_bound,
        target_ms=wanted.target_ms,
        window_tokens=window,
        most_chars=int(room_chars / _WINDOW_SHARE),
        room_chars=chars,
        speed=speed,
        resting_chars=_resting(speed, site, cap, room_chars - chars),
    )


def planned(
    speed: Speed, site: Site, settings: CompletionSettings, latency: LatencySettings
) -> tuple[Budget, Budget]:
    """How a line while one types and a block asked for by hand would be sized, for people."""
    cold_ms = settings.deadline_ms / 2
    line = Wanted(target_ms=latency.target_ms, cold_ms=cold_ms)
    by_hand = Wanted(target_ms=latency.explicit_target_ms, cold_ms=cold_ms, block=True)
    return budget_for(speed, site, settings, line), budget_for(speed, site, settings, by_hand)


def as_record(budget: Budget) -> Mapping[str, Any]:
    """The budget as `--json` prints it."""
    speed = budget.speed
    return {
        "target_ms": budget.target_ms,
        "prompt": {
            "tokens": budget.prompt_tokens,
            "chars": budget.prompt_chars,
            "bound": budget.prompt_bound.value,
            "room_chars": budget.room_chars,
        },
        "output": {"tokens": budget.output_tokens, "bound": budget.output_bound.value},
        "window_tokens": budget.window_tokens,
        "speed": {
            "reads_per_s": round(speed.reads_per_s, 1),
            "writes_per_s": round(speed.writes_per_s, 1),
            "chars_per_token": round(speed.chars_per_token, 2),
            "overhead_ms": round(speed.overhead_ms, 1),
            "fresh_share": round(speed.fresh_share, 3),
            "readings": speed.readings,
            "writings": speed.writings,
        },
    }


def in_words(budget: Budget) -> str:
    """The same in one line, for people."""
    return (
        f"{budget.target_ms:.0f} ms: prompts of {budget.prompt_tokens:,} tokens"
        f" ({budget.prompt_bound.value}), answers of {budget.output_tokens:,}"
        f" ({budget.output_bound.value})"
    )


def speed_in_words(speed: Speed) -> str:
    """The estimates in one line, for people; says what is only assumed."""
    reads = "" if speed.readings else " (assumed until measured)"
    writes = "" if speed.writings else " (assumed until measured)"
    return (
        f"reads {speed.reads_per_s:.0f} tokens/s{reads}, writes {speed.writes_per_s:.0f}{writes},"
        f" {speed.overhead_ms:.0f} ms besides; {speed.fresh_share:.0%} of a prompt is read anew;"
        f" {speed.chars_per_token:.1f} characters a token"
    )


def _prompt(speed: Speed, wanted: Wanted) -> tuple[int, Bound]:
    """What the speed affords, whatever there is room for."""
    usual = _USUAL_BLOCK_TOKENS if wanted.block else _USUAL_LINE_TOKENS
    left_ms = wanted.target_ms - speed.overhead_ms - speed.writing_ms(usual)
    reading_ms = max(left_ms, wanted.target_ms * _READING_SHARE)
    affordable = speed.reads_per_s * reading_ms / 1000 / speed.fresh_share
    cold = speed.reads_per_s * _cold_ms(speed, wanted) / 1000
    floor = max(_MIN_PROMPT_TOKENS, min(cold, _FLOOR_PROMPT_TOKENS))
    above = min(cold, speed.reads_per_s * wanted.target_ms / 1000 * _COLD_TARGETS)
    size, bound = min((affordable, Bound.TARGET), (above, Bound.COLD_READ))
    if size <= floor:
        size, bound = floor, Bound.FLOOR
    return _stepped(size), bound


def _resting(speed: Speed, site: Site, cap: int, left_chars: int) -> int:
    """Nothing where reading ahead may be billed."""
    if site.metered:
        return 0
    tokens = min(speed.reads_per_s * _RESTING_READ_MS / 1000, _RESTING_TOKENS, cap)
    return max(0, min(int(_stepped(tokens) * speed.chars_per_token), left_chars))


def _cold_ms(speed: Speed, wanted: Wanted) -> float:
    """What a prompt that is read whole may take: long where that is rare, and no longer than the
    target where nothing is kept from one request to the next."""
    most = min(_COLD_READ_MS, wanted.cold_ms)
    rare = min(1.0, (1 - speed.fresh_share) / (1 - _NO_REUSE))
    return min(most, wanted.target_ms * (1 - rare) + most * rare)


def _output(
    speed: Speed, settings: CompletionSettings, wanted: Wanted, window: int
) -> tuple[int, Bound]:
    left_ms = wanted.target_ms - speed.overhead_ms
    affordable = _stepped(max(1.0, speed.writes_per_s * left_ms / 1000))
    floor = _BLOCK_TOKENS if wanted.block else _LINE_TOKENS
    tokens, bound = (affordable, Bound.TARGET) if affordable > floor else (floor, Bound.FLOOR)
    if tokens > settings.max_output_tokens:
        tokens, bound = settings.max_output_tokens, Bound.CAP
    if tokens > window // 2:
        tokens, bound = max(1, window // 2), Bound.WINDOW
    return tokens, bound


def _densest(text: str, chars_per_token: float) -> float:
    """Characters a token in `text`, by a count that errs to the dense side: each digit and each
    character outside ASCII is taken for a token, the rest for code as it was measured."""
    alone = sum(map(text.count, _DIGITS)) + len(text) - len(text.encode("ascii", "ignore"))
    if not alone:
        return chars_per_token
    return len(text) / (alone + (len(text) - alone) / chars_per_token)


def _stepped(tokens: float) -> int:
    """The nearest step."""
    whole = max(1, int(tokens))
    step = max(1, (1 << whole.bit_length() - 1) // _STEPS_PER_DOUBLING)
    return round(whole / step) * step
