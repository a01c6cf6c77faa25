"""How much to send and to ask for, from the measured speed of the model.

Every answer tells what reading the prompt cost; a model that reads a hundred tokens a second (a
laptop CPU) is sent less than one that reads ten thousand.
"""

from dataclasses import dataclass, replace

from aicopilot_lsp.config.settings import CompletionSettings
from aicopilot_lsp.models.protocol import Usage

# A cold prompt is read once for a stretch of typing; this long may that take. On 57 line tasks the
# 0.5B matched 28 % exactly with 2,100 characters and a window cut to 70 % of its room, and 35 %
# with 2,600 and a full one.
_COLD_READ_S = 7.0
_MIN_PROMPT_TOKENS = 96
# Until measured: a small model on two CPU cores, and what code averages with its tokenizer.
_FIRST_PREFILL_TOKENS_PER_S = 100.0
_FIRST_CHARS_PER_TOKEN = 4.2
# Fewer tokens than this time the overhead rather than the model.
_MIN_SAMPLE_TOKENS = 32
_WEIGHT = 0.3
# What is possible; figures outside are a server's mistake.
_TOKENS_PER_S = (5.0, 50_000.0)
_CHARS_PER_TOKEN = (1.0, 8.0)


@dataclass(frozen=True, slots=True)
class Speed:
    """Running averages over a model's answers."""

    prefill_tokens_per_s: float = _FIRST_PREFILL_TOKENS_PER_S
    chars_per_token: float = _FIRST_CHARS_PER_TOKEN

    def after(self, usage: Usage, prompt_chars: int) -> "Speed":
        """This average with one more answer in it."""
        speed = self
        if usage.prompt_tokens and usage.prompt_tokens >= _MIN_SAMPLE_TOKENS:
            sample = prompt_chars / min(usage.prompt_tokens, 10**9)
            speed = replace(
                speed, chars_per_token=_mix(self.chars_per_token, sample, *_CHARS_PER_TOKEN)
            )
        evaluated, took_ms = usage.evaluated_tokens, usage.prefill_ms
        if evaluated and took_ms and took_ms > 1e-3 and evaluated >= _MIN_SAMPLE_TOKENS:
            sample = min(evaluated, 10**9) / (took_ms / 1000)
            speed = replace(
                speed,
                prefill_tokens_per_s=_mix(self.prefill_tokens_per_s, sample, *_TOKENS_PER_S),
            )
        return speed

    def halved(self) -> "Speed":
        """After a deadline that passed before the first word, with nothing measured."""
        least = _TOKENS_PER_S[0]
        return replace(self, prefill_tokens_per_s=max(least, self.prefill_tokens_per_s / 2))

    def prompt_chars(self, settings: CompletionSettings) -> int:
        """Room for prefix and suffix, in characters."""
        affordable = max(_MIN_PROMPT_TOKENS, int(self.prefill_tokens_per_s * _COLD_READ_S))
        return int(min(affordable, settings.max_prompt_tokens) * self.chars_per_token)


def _mix(average: float, sample: float, least: float, most: float) -> float:
    """The running average with `sample`, which a server may get wrong, kept within reason."""
    sample = max(least, min(sample, most))
    return (1 - _WEIGHT) * average + _WEIGHT * sample
