"""Why there is no suggestion, in words, and all about the last request, as a page: its record, read
to its user."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aicopilot_lsp.completion.report import report
from aicopilot_lsp.completion.types import Outcome, OutcomeKind
from aicopilot_lsp.filters.protocol import Action

if TYPE_CHECKING:
    from aicopilot_lsp.lsp.session import Session

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
    "no-model-allowed": "no model may see this file (routes)",
    "suspended": "an edit got lost and the text known here may differ from yours",
}
_SHOWN = {
    "model": "The last request got a suggestion from the model.",
    "cache": "The last request got the rest of an earlier suggestion.",
    "deadline": "The last request got the whole lines that the model wrote before the deadline "
    "(completion.deadline_ms).",
}
# The stage that was not done when the time was over.
_TIMEOUTS = {
    "debounce": "No model was asked before the deadline (completion.deadline_ms): waiting for you "
    "to rest took all the time. A shorter completion.debounce_ms leaves some.",
    "context": "No model was asked before the deadline (completion.deadline_ms): looking at other "
    "files took all the time. A smaller context.budget_ms leaves some.",
    "connect": "The model was not ready before the deadline (completion.deadline_ms). A model that "
    "is being loaded is ready later; `aicopilot doctor` says whether it can be reached at all.",
    "prompt": "The model's server did not answer before the deadline (completion.deadline_ms): it "
    "is busy, or far away.",
    "model": "The model did not answer before the deadline (completion.deadline_ms). A smaller "
    "model, or a smaller completion.max_prompt_tokens, answers sooner.",
}
_EMPTY = {
    "other-scope": "The model went on with another part of the file than the one at the cursor.",
    "other-token": "What the model wrote did not go on with the word at the cursor.",
}


def last_outcome(session: "Session", uri: str) -> Outcome | str:
    """What became of the last request for a document; in words, where there is nothing to tell."""
    if not uri:
        return "No suggestion has been asked for yet. Type something, or ask by hand."
    if reason := session.documents.suspended(uri):
        return f"There are no suggestions in this file because {reason}. Close and open it again."
    if uri not in session.documents:
        return "The editor has not opened this file with this server."
    if session.engine is None:
        return "The server has no model; its log and `aicopilot doctor` say why."
    outcome = session.engine.last_outcome(uri)
    if outcome is None:
        return "No suggestion has been asked for in this file yet. Type something, or ask by hand."
    return outcome


def page(session: "Session", uri: str) -> str:
    """All about the last request for a document, in Markdown; where there is nothing to tell, why,
    in a line. Holds source text (INV-7)."""
    outcome = last_outcome(session, uri)
    if isinstance(outcome, str) or session.engine is None:
        return explain(outcome)
    return report(outcome, said=explain(outcome), earlier=session.engine.last_asked(uri))


def explain(outcome: Outcome | str) -> str:
    """What became of a request, and which models it passed over; words stay as they are."""
    if isinstance(outcome, str):
        return outcome
    return " ".join([_ended(outcome), *_passed_over(outcome)])


def _passed_over(outcome: Outcome) -> Iterator[str]:
    """Each model that failed; of a model error the first one's has been told."""
    failed = [each for each in outcome.attempts if each.failure is not None]
    for attempt in failed[outcome.kind is OutcomeKind.MODEL_ERROR :]:
        after = "" if attempt.asked else " It was not asked: it rests, and is tried now and then."
        yield f"The model {attempt.model} failed: {attempt.message}{after}"


def _ended(outcome: Outcome) -> str:
    match outcome.kind:
        case OutcomeKind.SHOWN:
            return _SHOWN.get(outcome.reason, "The last request got a suggestion.")
        case OutcomeKind.NOT_TRIGGERED:
            why = _RULES.get(outcome.reason, f"of the rule {outcome.reason!r}")
            return f"The model was not asked, because {why}. {outcome.message}".rstrip()
        case OutcomeKind.FILTERED:
            return _filtered(outcome)
        case OutcomeKind.MODEL_ERROR:
            return outcome.message or f"The model could not be asked ({outcome.reason})."
        case OutcomeKind.TIMEOUT:
            return _TIMEOUTS.get(outcome.reason, _TIMEOUTS["model"])
        case OutcomeKind.EMPTY:
            return _EMPTY.get(outcome.reason, "The model was asked and had nothing to add here.")
        case OutcomeKind.SUPERSEDED:
            return "The last request was overtaken by what was typed after it."
        case OutcomeKind.CANCELLED:
            return "The editor took its last request back, as it does when you type on."


def _filtered(outcome: Outcome) -> str:
    rule = outcome.rule or outcome.reason
    blocked = [verdict for verdict in outcome.verdicts if verdict.action is Action.BLOCK]
    reason = f": {blocked[-1].reason}" if blocked and blocked[-1].reason else ""
    return (
        f"The model made a suggestion and the filter {rule!r} held it back{reason}. "
        "filters.disabled in your configuration switches a filter off."
    )
