"""How fast a model reads and writes: by what the server tells, else by the clock."""

import secrets
from dataclasses import dataclass

from aicopilot_lsp.models.protocol import Hole, Prompting
from aicopilot_lsp.models.selftest.asking import Answered, Subject, ask

_LINES = 32
_MAX_TOKENS = 32
# What code averages over tokenizers, where the server counts nothing.
_CHARS_PER_TOKEN = 3.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What was measured.

    Attributes
    ----------
    prompt_tokens : int
        Read for `prefill_tokens_per_s`, all of them new to the server.
    decode_tokens_per_s : float or None
        None where it can't be told: the server does not, and the answer came in one piece or not
        at all.
    cold_first_token_s, warm_first_token_s : float
        Until the first text, for that prompt, and for the same once more, as while somebody types.
    pieces : int
        In which the first answer came.
    told : bool
        Whether the server's own figures were used; else ours, with the way to it in them.
    """

    prompt_tokens: int
    prefill_tokens_per_s: float
    decode_tokens_per_s: float | None
    cold_first_token_s: float
    warm_first_token_s: float
    pieces: int
    told: bool


async def measure(subject: Subject, prompting: Prompting) -> Speed:
    """Two calls: a prompt that no cache knows, and the same again. Raises ModelError."""
    hole = _unseen()
    cold = await ask(subject, prompting, hole, max_tokens=_MAX_TOKENS)
    warm = await ask(subject, prompting, hole, max_tokens=1)
    usage = cold.usage
    tokens = usage.evaluated_tokens or usage.prompt_tokens or _estimated(hole)
    told = bool(usage.evaluated_tokens and usage.prefill_ms and usage.decode_ms)
    return Speed(
        prompt_tokens=tokens,
        prefill_tokens_per_s=_rate(tokens, _prefill_s(cold, told=told)),
        decode_tokens_per_s=_decode_rate(cold, told=told),
        cold_first_token_s=cold.first_s,
        warm_first_token_s=warm.first_s,
        pieces=cold.chunks,
        told=told,
    )


def _unseen() -> Hole:
    """Its first line is random."""
    lines = [f"# {secrets.token_hex(8)}"]
    lines += [f"def step_{n}(value):\n    return value + {n}\n" for n in range(_LINES)]
    return Hole(
        prefix="\n".join(lines) + "\n",
        suffix="\n\nprint(step_1(step_2(3)))\n",
        middle=f"def step_{_LINES}(",
        file_name="steps.py",
        language_id="python",
    )


def _estimated(hole: Hole) -> int:
    return round((len(hole.before) + len(hole.suffix)) / _CHARS_PER_TOKEN)


def _prefill_s(cold: Answered, *, told: bool) -> float:
    return (cold.usage.prefill_ms or 0.0) / 1000 if told else cold.first_s


def _decode_rate(cold: Answered, *, told: bool) -> float | None:
    """The first token comes out of reading the prompt; the clock counts those behind it."""
    tokens = cold.usage.generated_tokens or cold.chunks
    if told:
        return _rate(tokens, (cold.usage.decode_ms or 0) / 1000)
    took_s = cold.total_s - cold.first_s
    return _rate(tokens - 1, took_s) if cold.chunks > 1 and took_s > 0 else None


def _rate(count: int, seconds: float) -> float:
    return count / seconds if count > 0 and seconds > 0 else 0.0
