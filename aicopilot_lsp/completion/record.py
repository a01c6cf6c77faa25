"""The outcome in the making: what a request has found out so far, and how long each stage took."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aicopilot_lsp.completion.budget import Budget
from aicopilot_lsp.completion.compose import Composed
from aicopilot_lsp.completion.generate import Generation
from aicopilot_lsp.completion.prompt import in_words
from aicopilot_lsp.completion.types import (
    Attempt,
    Lookup,
    Outcome,
    OutcomeKind,
    Sent,
    Suggestion,
    Tokens,
)
from aicopilot_lsp.filters.protocol import Verdict


@dataclass(slots=True)
class Record:
    """One request's; `ends` turns it into its outcome, once.

    Attributes
    ----------
    clock : callable
        Seconds, monotonic.
    stage_name : str
        The stage that was begun last.
    identity : str
        What the speed of the model goes by (speed.py).
    asked : str
        The model whose turn it is or was, by its name in the configuration; `model` is what it
        calls itself.
    attempts : list of Attempt
        Without the one that is under way.
    lookup : Lookup or None
        None while the sources of context have not been asked.
    composed : Composed or None
        What was sent last, to the model `sent_to`.
    """

    clock: Callable[[], float]
    started_s: float
    model: str = ""
    stage_name: str = ""
    identity: str = ""
    budget: Budget | None = None
    asked: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)
    generation: Generation = field(default_factory=Generation)
    verdicts: tuple[Verdict, ...] = ()
    attempts: list[Attempt] = field(default_factory=list)
    lookup: Lookup | None = None
    composed: Composed | None = None
    sent_to: str = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done within."""
        self.stage_name, start = name, self.clock()
        try:
            yield
        finally:
            spent = self.timings_ms.get(name, 0.0) + self._since_ms(start)
            self.timings_ms[name] = round(spent, 3)  # a stage may come twice

    def ends(
        self,
        kind: OutcomeKind,
        reason: str,
        *,
        rule: str | None = None,
        message: str = "",
        suggestions: tuple[Suggestion, ...] = (),
    ) -> Outcome:
        """The outcome, with all that is known by now."""
        usage = self.generation.usage
        return Outcome(
            kind=kind,
            reason=reason,
            rule=rule,
            message=message,
            suggestions=suggestions,
            model=self.model,
            timings_ms={**self.timings_ms, "total": self._since_ms(self.started_s)},
            tokens=Tokens(
                prompt=usage.prompt_tokens,
                evaluated=usage.evaluated_tokens,
                generated=usage.generated_tokens or self.generation.chunks or None,
            ),
            verdicts=self.verdicts,
            budget=self.budget,
            attempts=tuple(self.attempts),
            sent=self._sent(),
        )

    def _sent(self) -> Sent | None:
        if self.composed is None:
            return None
        request, lookup = self.composed.request, self.composed.lookup
        was_before = lookup is not None and lookup is not self.lookup
        text = request.prompt if request.hole is None else in_words(request.hole)
        return Sent(
            prompt=text,
            must_begin_with=request.must_begin_with,
            chosen=self.composed.chosen,
            lookup=lookup,
            looked_before_s=self.started_s - lookup.at_s if lookup and was_before else None,
            in_vain=self.lookup is not None and self.lookup.gathered is None,
            passed_on=self.sent_to if self.sent_to != self.asked else "",
        )

    def _since_ms(self, start_s: float) -> float:
        return round(1000 * (self.clock() - start_s), 3)
