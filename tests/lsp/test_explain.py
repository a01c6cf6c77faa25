"""Why nothing was suggested, in words that say what can be done."""

import pytest

from aicopilot_lsp.completion.types import Attempt, Outcome, OutcomeKind
from aicopilot_lsp.lsp.explain import explain


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        (OutcomeKind.SHOWN, "model", "from the model"),
        (OutcomeKind.SHOWN, "cache", "rest of an earlier suggestion"),
        (OutcomeKind.SHOWN, "deadline", "before the deadline"),
        (OutcomeKind.TIMEOUT, "debounce", "No model was asked"),
        (OutcomeKind.TIMEOUT, "connect", "not ready"),
        (OutcomeKind.TIMEOUT, "context", "looking at other files took all the time"),
        (OutcomeKind.TIMEOUT, "prompt", "busy"),
        (OutcomeKind.TIMEOUT, "model", "max_prompt_tokens"),
        (OutcomeKind.TIMEOUT, "filters", "did not answer"),
        (OutcomeKind.EMPTY, "model", "nothing to add"),
        (OutcomeKind.EMPTY, "other-scope", "another part"),
        (OutcomeKind.EMPTY, "other-token", "word at the cursor"),
        (OutcomeKind.NOT_TRIGGERED, "excluded", "completion.exclude"),
        (OutcomeKind.NOT_TRIGGERED, "suspended", "may differ"),
        (OutcomeKind.NOT_TRIGGERED, "no-model-allowed", "no model may see this file"),
        (OutcomeKind.NOT_TRIGGERED, "rule-of-tomorrow", "rule-of-tomorrow"),
        (OutcomeKind.SUPERSEDED, "superseded", "overtaken"),
        (OutcomeKind.CANCELLED, "cancelled", "took its last request back"),
    ],
)
def test_each_outcome_is_told_by_its_reason(kind: OutcomeKind, reason: str, words: str) -> None:
    assert words in explain(Outcome(kind=kind, reason=reason))


def test_the_route_that_forbids_is_named() -> None:
    message = "The route at config.toml:7 forbids it."
    rule = "no-model-allowed"
    outcome = Outcome(kind=OutcomeKind.NOT_TRIGGERED, reason=rule, message=message)
    assert explain(outcome).endswith(message)


def test_models_that_were_passed_over_are_told_with_their_reasons() -> None:
    attempts = (
        Attempt(model="first", failure="busy", message="It is busy.", asked=False),
        Attempt(model="second", failure="server", message="It failed."),
        Attempt(model="third"),
    )
    shown = Outcome(kind=OutcomeKind.SHOWN, reason="model", attempts=attempts)
    assert explain(shown) == (
        "The last request got a suggestion from the model. The model first failed: It is busy."
        " It was not asked: it rests, and is tried now and then. The model second failed: It"
        " failed."
    )
    error = Outcome(
        kind=OutcomeKind.MODEL_ERROR, reason="busy", message="It is busy.", attempts=attempts[:2]
    )
    assert explain(error) == "It is busy. The model second failed: It failed."
