"""From generated text to verdicts: every enabled filter sees the candidate (INV-4).

A filter that fails counts as a block: what could not be judged is not shown. The order is ours,
a literal list (filters/builtin.py); filters of other packages come after it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aicopilot_lsp.filters.protocol import Action, Candidate, Filter, Verdict

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judged:
    """The text that may be shown ("" when blocked) and every verdict that was given."""

    text: str
    verdicts: tuple[Verdict, ...]

    @property
    def blocked_by(self) -> Verdict | None:
        return next((v for v in self.verdicts if v.action is Action.BLOCK), None)


def judge(candidate: Candidate, filters: Sequence[Filter]) -> Judged:
    """Run `filters` in order, each on what the one before left; the first block ends it."""
    verdicts: list[Verdict] = []
    for one in filters:
        verdict = _verdict(one, candidate)
        verdicts.append(verdict)
        if verdict.action is Action.BLOCK:
            return Judged("", tuple(verdicts))
        candidate = replace(candidate, text=verdict.text)
    return Judged(candidate.text, tuple(verdicts))


def _verdict(one: Filter, candidate: Candidate) -> Verdict:
    try:
        verdict = one.check(candidate)
        fault = _fault(verdict, candidate)
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; fail safe
        # The type only: the message of a foreign error may quote source text (INV-7).
        fault = f"the filter failed ({type(error).__name__})"
    if fault is None:
        return verdict
    _log.warning("filter %s: %s", one.rule, fault)
    return Verdict(rule=one.rule, action=Action.BLOCK, text="", reason=fault)


def _fault(verdict: Verdict, candidate: Candidate) -> str | None:
    """What is wrong with a verdict: a filter may shorten a text, and nothing else."""
    if verdict.action is Action.PASS and verdict.text != candidate.text:
        return "the filter passed another text"
    if verdict.action is Action.TRIM and len(verdict.text) > len(candidate.text):
        return "the filter added text"
    return None
