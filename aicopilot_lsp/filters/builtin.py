"""The built-in filters, and the order in which they judge.

Each is a pure function of a candidate in quality.py; their order is the list below. Filters of
other packages, found through the catalogue (plugins.py), come after these.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aicopilot_lsp.filters import quality
from aicopilot_lsp.filters.protocol import Candidate, Filter, Verdict


@dataclass(frozen=True, slots=True)
class FunctionFilter:
    """A filter made of a function."""

    rule: str
    judge: Callable[[Candidate], Verdict]

    def check(self, candidate: Candidate) -> Verdict:
        return self.judge(candidate)


ORDER: tuple[str, ...] = (
    "control-token",
    "half-line",
    "repetition",
    "echo-above",
    "echo-below",
    "spare-closer",
    "trailing-space",
    "empty",
)


def _factory(rule: str) -> Callable[[], Filter]:
    return lambda: FunctionFilter(rule, quality.RULES[rule])


# What the entry points in pyproject.toml name; a test holds the three lists together.
control_token = _factory("control-token")
half_line = _factory("half-line")
repetition = _factory("repetition")
echo_above = _factory("echo-above")
echo_below = _factory("echo-below")
spare_closer = _factory("spare-closer")
trailing_space = _factory("trailing-space")
empty = _factory("empty")


def in_order(filters: Iterable[Filter], disabled: Iterable[str]) -> tuple[Filter, ...]:
    """`filters` as they are to judge: ours in ORDER, then others by rule; without `disabled`."""
    off = set(disabled)
    place = {rule: index for index, rule in enumerate(ORDER)}
    enabled = [one for one in filters if one.rule not in off]
    return tuple(sorted(enabled, key=lambda one: (place.get(one.rule, len(ORDER)), one.rule)))
