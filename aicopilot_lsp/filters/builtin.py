"""The built-in filters, and the order in which they judge.

Each is a pure function of a candidate in quality.py; their order is the list below. Filters of
other packages, found through the catalogue (plugins.py), come after these.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aicopilot_lsp.filters import quality
from aicopilot_lsp.filters.protocol import Action, Candidate, Filter, Verdict


@dataclass(frozen=True, slots=True)
class FunctionFilter:
    """A filter made of a function."""

    rule: str
    judge: Callable[[Candidate], Verdict]

    def check(self, candidate: Candidate) -> Verdict:
        return self.judge(candidate)


@dataclass(frozen=True, slots=True)
class BrokenFilter:
    """Stands for a filter that could not be loaded; see plugins.filters."""

    rule: str

    def check(self, _candidate: Candidate) -> Verdict:
        return Verdict(
            rule=self.rule,
            action=Action.BLOCK,
            text="",
            reason=f"the filter {self.rule!r} can't be loaded; mend its package or list it in"
            " filters.disabled",
        )


ORDER: tuple[str, ...] = (
    "half-line",
    "control-token",
    "fence",
    "repetition",
    "echo-above",
    "echo-below",
    "spare-closer",
    "trailing-space",
)
LAST = "empty"  # after those of other packages: whatever they leave has to hold something


def _factory(rule: str) -> Callable[[], Filter]:
    return lambda: FunctionFilter(rule, quality.RULES[rule])


# What the entry points in pyproject.toml name; a test holds the three lists together.
control_token = _factory("control-token")
half_line = _factory("half-line")
fence = _factory("fence")
repetition = _factory("repetition")
echo_above = _factory("echo-above")
echo_below = _factory("echo-below")
spare_closer = _factory("spare-closer")
trailing_space = _factory("trailing-space")
empty = _factory("empty")


def in_order(filters: Iterable[Filter], disabled: Iterable[str]) -> tuple[Filter, ...]:
    """`filters` as they are to judge: ours in ORDER, others by rule, LAST; without `disabled`."""
    off = set(disabled)
    place = {rule: index for index, rule in enumerate(ORDER)} | {LAST: len(ORDER) + 1}
    enabled = [one for one in filters if one.rule not in off]
    return tuple(sorted(enabled, key=lambda one: (place.get(one.rule, len(ORDER)), one.rule)))
