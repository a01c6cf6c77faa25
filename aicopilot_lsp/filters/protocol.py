"""What a filter is: one rule, one verdict on a candidate.

A filter is a small pure function with a name. It may pass a candidate, trim it, or block it; it
may not lengthen it, ask a model or read a file. Register one under the `aicopilot_lsp.filters`
entry point (see aicopilot_lsp/plugins.py).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Text that may be inserted at the cursor, with what surrounds it.

    Attributes
    ----------
    text : str
        To be inserted at the cursor; newlines are "\\n".
    before, after : str
        The file's text before and after the cursor, near it; newlines are "\\n".
    language_id : str
        LSP language id.
    complete : bool
        Whether generation ended by itself; False when it was cut off (length, deadline).
    """

    text: str
    before: str
    after: str
    language_id: str
    complete: bool = True


class Action(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict, no password
    TRIM = "trim"
    BLOCK = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a filter says of a candidate.

    Attributes
    ----------
    rule : str
        Stable id, kebab-case; what users name to switch it off.
    text : str
        The candidate's text after this filter ("" when blocked).
    reason : str
        For a person, in a few words; "" when passed.
    """

    rule: str
    action: Action
    text: str
    reason: str = ""


class Filter(Protocol):
    """One rule. Called on the event loop: it answers in well under a millisecond."""

    @property
    def rule(self) -> str:
        """The rule id that its verdicts carry."""

    def check(self, candidate: Candidate) -> Verdict:
        """Judge `candidate`. An exception counts as a block (fail safe) and is logged by rule."""
