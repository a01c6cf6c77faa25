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
_MIN_PROMPT_TOKENS = 256
# Until measured: a small model on two CPU cores, and what code averages with its tokenizer.
_FIRST_PREFILL_TOKENS_PER_S = 100.0
_FIRST_CHARS_PER_TOKEN = 4.2
# Fewer tokens than this time the overhead rather than the model.
_MIN_SAMPLE_TOKENS = 32
_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Speed:
    """Running averages over a model's answers."""

    prefill_tokens_per_s: float = _FIRST_PREFILL_TOKENS_PER_S
    chars_per_token: float = _FIRST_CHARS_PER_TOKEN

    def after(self, usage: Usage, prompt_chars: int) -> "Speed":
        """This average with one more answer in it."""
        speed = self
        if usage.prompt_tokens and usage.prompt_tokens >= _MIN_SAMPLE_TOKENS:
            sample = prompt_chars / usage.prompt_tokens
            speed = replace(speed, chars_per_token=_mix(self.chars_per_token, sample))
        evaluated, took_ms = usage.evaluated_tokens, usage.prefill_ms
        if evaluated and took_ms and evaluated >= _MIN_SAMPLE_TOKENS:
            sample = 1000 * evaluated / took_ms
            speed = replace(speed, prefill_tokens_per_s=_mix(self.prefill_tokens_per_s, sample))
        return speed

    def prompt_chars(self, settings: CompletionSettings) -> int:
        """Room for prefix and suffix, in characters."""
        affordable = int(self.prefill_tokens_per_s * _COLD_READ_S)
        tokens = max(_MIN_PROMPT_TOKENS, min(affordable, settings.max_prompt_tokens))
        return int(tokens * self.chars_per_token)


def _mix(average: float, sample: float) -> float:
    return (1 - _WEIGHT) * average + _WEIGHT * sample
