"""Why there is no suggestion, in words: the record of the last request, read to its user."""

from aicopilot_lsp.completion.types import Outcome, OutcomeKind
from aicopilot_lsp.filters.protocol import Action

# The trigger's rules (completion/trigger.py); one that is missing here is named by its code.
_RULES = {
    "disabled": "completion is switched off (completion.enabled)",
    "language-disabled": "this language is switched off (completion.disabled_languages)",
    "excluded": "this file is excluded (completion.exclude)",
    "line-too-long": "the line is too long to be code",
    "binary": "the file does not look like text",
    "nothing-before-cursor": "there is nothing before the cursor to go by",
    "inside-word": "the cursor is inside a word",
    "text-after-cursor": "there is text right of the cursor that a suggestion would cover",
}


def explain(outcome: Outcome | None) -> str:
    """What became of the last request for a file."""
    if outcome is None:
        return "No suggestion has been asked for in this file yet. Type something, or ask by hand."
    match outcome.kind:
        case OutcomeKind.SHOWN:
            return f"The last request got a suggestion (from the {outcome.reason})."
        case OutcomeKind.NOT_TRIGGERED:
            why = _RULES.get(outcome.reason, f"of the rule {outcome.reason!r}")
            return f"The model was not asked, because {why}."
        case OutcomeKind.FILTERED:
            return _filtered(outcome)
        case OutcomeKind.MODEL_ERROR:
            return outcome.message or f"The model could not be asked ({outcome.reason})."
        case OutcomeKind.TIMEOUT:
            return (
                "The model did not answer in time (completion.deadline_ms). A smaller model, or a "
                "smaller completion.max_prompt_tokens, answers sooner."
            )
        case OutcomeKind.EMPTY:
            return "The model was asked and had nothing to add here."
        case OutcomeKind.CANCELLED | OutcomeKind.SUPERSEDED:
            return "The last request was overtaken by what was typed after it."


def _filtered(outcome: Outcome) -> str:
    rule = outcome.rule or outcome.reason
    blocked = [verdict for verdict in outcome.verdicts if verdict.action is Action.BLOCK]
    reason = f": {blocked[-1].reason}" if blocked and blocked[-1].reason else ""
    return (
        f"The model made a suggestion and the filter {rule!r} held it back{reason}. "
        "filters.disabled in your configuration switches a filter off."
    )
