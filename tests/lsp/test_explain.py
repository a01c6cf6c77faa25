"""Why nothing was suggested, in words that say what can be done."""

import pytest

from aicopilot_lsp.completion.types import Outcome, OutcomeKind
from aicopilot_lsp.lsp.explain import explain


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        (OutcomeKind.SHOWN, "model", "from the model"),
        (OutcomeKind.SHOWN, "cache", "rest of an earlier suggestion"),
        (OutcomeKind.SHOWN, "deadline", "before the deadline"),
        (OutcomeKind.TIMEOUT, "connect", "not ready"),
        (OutcomeKind.TIMEOUT, "prompt", "busy"),
        (OutcomeKind.TIMEOUT, "model", "max_prompt_tokens"),
        (OutcomeKind.TIMEOUT, "filters", "did not answer"),
        (OutcomeKind.EMPTY, "model", "nothing to add"),
        (OutcomeKind.EMPTY, "other-scope", "another part"),
        (OutcomeKind.EMPTY, "other-token", "word at the cursor"),
        (OutcomeKind.NOT_TRIGGERED, "excluded", "completion.exclude"),
        (OutcomeKind.NOT_TRIGGERED, "suspended", "may differ"),
        (OutcomeKind.NOT_TRIGGERED, "rule-of-tomorrow", "rule-of-tomorrow"),
        (OutcomeKind.SUPERSEDED, "superseded", "overtaken"),
        (OutcomeKind.CANCELLED, "cancelled", "took its last request back"),
    ],
)
def test_each_outcome_is_told_by_its_reason(kind: OutcomeKind, reason: str, words: str) -> None:
    assert words in explain(Outcome(kind=kind, reason=reason))
