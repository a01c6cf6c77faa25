"""How fast a model is, from its own answers: a running estimate per model, and what it rests on.

What the server tells of a call counts; where it tells nothing the clock does. A first measurement
takes the place of what was assumed, later ones are mixed in by factors, so that twice as fast and
twice as slow weigh the same. Figures that can't be are a server's mistake and are clamped.
"""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from aicopilot_lsp.models.protocol import Site, Usage

# Fewer tokens than these time the overhead rather than the model.
_MIN_READ_TOKENS = 32
_MIN_WRITTEN_TOKENS = 4
_WEIGHT = 0.3
# A stretch of typing begins with a prompt that is read whole: its share is averaged over many.
_FRESH_WEIGHT = 0.1
_FIRST_WEIGHT = 0.7
# What is possible.
_READS_PER_S = (5.0, 50_000.0)
_WRITES_PER_S = (0.5, 5_000.0)
_CHARS_PER_TOKEN = (1.0, 8.0)
_OVERHEAD_MS = (1.0, 10_000.0)
_FRESH_SHARE = (0.02, 1.0)
_MAX_TOKENS = 10**9
_MAX_MODELS = 64
# By field of Speed.
POSSIBLE = MappingProxyType(
    {
        "reads_per_s": _READS_PER_S,
        "writes_per_s": _WRITES_PER_S,
        "chars_per_token": _CHARS_PER_TOKEN,
        "overhead_ms": _OVERHEAD_MS,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one call shows.

    Attributes
    ----------
    cold : bool
        Its prompt begins with a window that no request before it had: nothing of it can be known.
    first_text_ms : float or None
        From the request to the first text; None when none came. The whole answer's time where it
        comes in one piece: such a server is taken to read more slowly than it does.
    writing_ms : float
        From the first piece of text to the last.
    pieces : int
        Pieces of text that came.
    """

    usage: Usage
    prompt_chars: int
    cold: bool = True
    first_text_ms: float | None = None
    writing_ms: float = 0.0
    pieces: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Running estimates for one model at one server. The defaults are what is assumed until they
    are measured: a small model on two CPU cores, and what code averages with its tokenizer.

    Attributes
    ----------
    reads_per_s, writes_per_s : float
        Tokens (prefill and decode).
    overhead_ms : float
        Time to the first text less the reading: network, queue, the first token.
    fresh_share : float
        Share of the prompts' tokens that had to be read anew, the cold prompts among them.
    readings, writings : int
        Measurements of the two speeds.
    """

    reads_per_s: float = 100.0
    writes_per_s: float = 40.0
    chars_per_token: float = 4.2
    overhead_ms: float = 30.0
    fresh_share: float = 0.15
    readings: int = 0
    writings: int = 0

    def after(self, sample: Sample) -> "Speed":
        """This estimate with one more call in it."""
        speed = _with_chars(self, sample)
        speed = _with_writing(speed, sample)
        if sample.usage.prefill_ms is None:
            return _with_clocked_reading(speed, sample)
        return _with_told_reading(speed, sample)

    def halved(self) -> "Speed":
        """After a deadline that passed before the first word, with nothing measured."""
        return replace(self, reads_per_s=max(_READS_PER_S[0], self.reads_per_s / 2))

    def reading_ms(self, tokens: float) -> float:
        return 1000 * tokens / self.reads_per_s

    def writing_ms(self, tokens: float) -> float:
        return 1000 * tokens / self.writes_per_s


class Speeds:
    """The estimates of all models that were asked, by what `identity_of` calls them; of very many
    those asked last. They outlive the settings."""

    def __init__(self, known: Mapping[str, Speed] = MappingProxyType({})) -> None:
        self._known = OrderedDict(known)

    def of(self, identity: str) -> Speed:
        """What is known of a model, or assumed."""
        return self._known.get(identity, Speed())

    def learn(self, identity: str, sample: Sample) -> None:
        self._keep(identity, self.of(identity).after(sample))

    def halve(self, identity: str) -> None:
        """See Speed.halved."""
        self._keep(identity, self.of(identity).halved())

    def all(self) -> Mapping[str, Speed]:
        """Every estimate; the model asked last comes last."""
        return MappingProxyType(dict(self._known))

    def _keep(self, identity: str, speed: Speed) -> None:
        self._known[identity] = speed
        self._known.move_to_end(identity)
        while len(self._known) > _MAX_MODELS:
            self._known.popitem(last=False)


def identity_of(model: str, site: Site) -> str:
    """What the estimates of a model go by: the same model elsewhere has another speed."""
    return f"{model} {site.endpoint}".rstrip()


def _with_chars(speed: Speed, sample: Sample) -> Speed:
    tokens = sample.usage.prompt_tokens
    if not tokens or tokens < _MIN_READ_TOKENS:
        return speed
    measured = _within(sample.prompt_chars / min(tokens, _MAX_TOKENS), _CHARS_PER_TOKEN)
    return replace(speed, chars_per_token=_mean(speed.chars_per_token, measured))


def _with_writing(speed: Speed, sample: Sample) -> Speed:
    told, told_ms = sample.usage.generated_tokens, sample.usage.decode_ms
    if told and told_ms and told >= _MIN_WRITTEN_TOKENS:
        tokens, took_ms = told, told_ms
    else:
        # The first token was there when the clock began. Not all servers send one at a time.
        tokens, took_ms = max(told or 0, sample.pieces) - 1, sample.writing_ms
        if sample.pieces < 2 or tokens < _MIN_WRITTEN_TOKENS or took_ms <= 0:
            return speed
    measured = _per_second(tokens, took_ms, _WRITES_PER_S)
    return replace(
        speed,
        writes_per_s=_mixed(speed.writes_per_s, measured, speed.writings),
        writings=speed.writings + 1,
    )


def _with_told_reading(speed: Speed, sample: Sample) -> Speed:
    """Where the server tells what it read and how long that took."""
    evaluated, took_ms = sample.usage.evaluated_tokens, sample.usage.prefill_ms or 0.0
    if evaluated is not None and evaluated >= _MIN_READ_TOKENS and took_ms > 1e-3:
        measured = _per_second(evaluated, took_ms, _READS_PER_S)
        speed = replace(
            speed,
            reads_per_s=_mixed(speed.reads_per_s, measured, speed.readings),
            readings=speed.readings + 1,
        )
    if sample.first_text_ms is None:
        return speed  # cut short: neither share nor overhead is whole
    overhead_ms = _within(sample.first_text_ms - took_ms, _OVERHEAD_MS)
    speed = replace(speed, overhead_ms=_mixed(speed.overhead_ms, overhead_ms, speed.readings))
    prompt = sample.usage.prompt_tokens
    if prompt and evaluated is not None:
        return _with_fresh(speed, min(evaluated, _MAX_TOKENS) / min(prompt, _MAX_TOKENS))
    return speed


def _with_clocked_reading(speed: Speed, sample: Sample) -> Speed:
    """Where the server tells nothing: the time to the first text is shared out.

    A cold prompt's is put down to overhead and to reading in the proportion expected, so that
    together they come to what was measured; a warm one's tells how much was read anew.
    """
    first_ms = sample.first_text_ms
    if first_ms is None or first_ms <= 0:
        return speed
    tokens = sample.usage.prompt_tokens or sample.prompt_chars / speed.chars_per_token
    tokens = min(tokens, _MAX_TOKENS)
    if not sample.cold:
        read = (first_ms - speed.overhead_ms) / 1000 * speed.reads_per_s
        return _with_fresh(speed, read / max(1.0, tokens))
    if tokens < _MIN_READ_TOKENS:
        return speed
    factor = first_ms / (speed.overhead_ms + speed.reading_ms(tokens))
    reads = _within(speed.reads_per_s / factor, _READS_PER_S)
    overhead_ms = _within(speed.overhead_ms * factor, _OVERHEAD_MS)
    return _with_fresh(
        replace(
            speed,
            reads_per_s=_mixed(speed.reads_per_s, reads, speed.readings),
            overhead_ms=_mixed(speed.overhead_ms, overhead_ms, speed.readings),
            readings=speed.readings + 1,
        ),
        1.0,
    )


def _with_fresh(speed: Speed, share: float) -> Speed:
    measured = _within(share, _FRESH_SHARE)
    mean = (1 - _FRESH_WEIGHT) * speed.fresh_share + _FRESH_WEIGHT * measured
    return replace(speed, fresh_share=mean)


def _per_second(tokens: int, took_ms: float, bounds: tuple[float, float]) -> float:
    return _within(min(tokens, _MAX_TOKENS) / (max(took_ms, 1e-3) / 1000), bounds)


def _mixed(average: float, measured: float, measurements: int) -> float:
    """The geometric running average."""
    weight = _WEIGHT if measurements else _FIRST_WEIGHT
    return math.exp((1 - weight) * math.log(average) + weight * math.log(measured))


def _mean(average: float, measured: float) -> float:
    return (1 - _WEIGHT) * average + _WEIGHT * measured


def _within(value: float, bounds: tuple[float, float]) -> float:
    least, most = bounds
    return max(least, min(value, most))
