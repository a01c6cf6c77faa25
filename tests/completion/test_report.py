"""One request laid open for its user."""

from dataclasses import replace

import pytest

from aicopilot_lsp.completion.budget import planned
from aicopilot_lsp.completion.planner import Room, plan
from aicopilot_lsp.completion.report import context_record, report
from aicopilot_lsp.completion.speed import Speed
from aicopilot_lsp.completion.types import (
    Attempt,
    Lookup,
    Outcome,
    OutcomeKind,
    Sent,
    Suggestion,
    Tokens,
)
from aicopilot_lsp.config.settings import CompletionSettings, LatencySettings
from aicopilot_lsp.context.types import Yield
from aicopilot_lsp.filters.protocol import Action, Verdict
from aicopilot_lsp.models.protocol import Site
from aicopilot_lsp.text.document import Point
from tests.support.snippets import gathered, snippet

FOUND = replace(
    gathered(
        replace(snippet("lock", path="store.py"), why="defines lock"),
        replace(snippet("unused", path="other.py", score=0.01), why="was found|nearby"),
    ),
    yields=(
        Yield(source="definitions", spent_ms=1.25, snippets=2),
        Yield(source="similar", spent_ms=50.0, snippets=0, late=True),
        Yield(source="theirs", spent_ms=0.5, snippets=0, fault="ValueError"),
    ),
)
CHOSEN = plan(FOUND, (), shown="", room=Room(cold=300, resting=300), moved=True)
BUDGET, _ = planned(Speed(), Site(), CompletionSettings(), LatencySettings())
SHOWN = Outcome(
    kind=OutcomeKind.SHOWN,
    reason="model",
    model="small",
    suggestions=(Suggestion(id="s1", text="lock(order)", start=Point(0, 0), end=Point(0, 0)),),
    tokens=Tokens(prompt=700, evaluated=12, generated=4),
    verdicts=(Verdict(rule="fence", action=Action.PASS, text="", reason=""),),
    sent=Sent(prompt="a ``` prompt <|fim_middle|>", chosen=CHOSEN, lookup=Lookup(gathered=FOUND)),
)


def test_it_says_what_was_chosen_and_why_and_what_was_not() -> None:
    text = report(SHOWN)
    chosen = text.partition("## What the model was shown")[2].partition("##")[0]
    assert "| definitions | store.py:1-4 |" in chosen and "defines lock" in chosen
    left_out = text.partition("left out")[2].partition("##")[0]
    assert "other.py" in left_out and "was found\\|nearby" in left_out


def test_it_says_how_each_source_fared() -> None:
    text = report(SHOWN)
    assert "no source was asked" not in text
    assert "| definitions | 1.2 ms | 2 |" in text
    assert "| similar | 50.0 ms | 0 | late" in text
    assert "| theirs | 0.5 ms | 0 | ValueError |" in text


def test_it_says_what_was_found_in_the_cache() -> None:
    text = report(SHOWN)
    assert "| of these evaluated | 12 |" in text
    assert "| found in the model's cache | 688 |" in text


def test_the_prompt_is_there_to_the_letter_whatever_is_in_it() -> None:
    assert "````\na ``` prompt <|fim_middle|>\n````" in report(SHOWN)


def test_what_the_answer_had_to_begin_with_stands_below_the_prompt() -> None:
    held = replace(SHOWN, sent=Sent(prompt="x", must_begin_with="  .lo"))
    assert report(held).endswith("had to begin with this:\n\n```\n  .lo\n```\n")
    assert "had to begin" not in report(SHOWN)


def test_where_no_model_was_asked_it_says_so() -> None:
    nothing = Outcome(kind=OutcomeKind.NOT_TRIGGERED, reason="excluded", rule="excluded")
    assert "No model was asked" in report(nothing)
    assert context_record(nothing) == []


def test_a_suggestion_from_memory_is_explained_by_the_request_that_made_it() -> None:
    cached = Outcome(kind=OutcomeKind.SHOWN, reason="cache", suggestions=SHOWN.suggestions)
    text = report(cached, said="The rest of an earlier suggestion.", earlier=SHOWN)
    this, _, before = text.partition("# The last request in which a model was asked")
    assert "The rest of an earlier suggestion." in this and "No model was asked" in this
    assert "fim_middle" not in this
    assert "stems from this request, or from one before it." in before
    assert "defines lock" in before and "a ``` prompt <|fim_middle|>" in before


def test_a_request_that_asked_a_model_is_explained_alone() -> None:
    assert report(SHOWN, earlier=replace(SHOWN, sent=Sent(prompt="older"))) == report(SHOWN)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome(kind=OutcomeKind.CANCELLED, reason="cancelled"), "It was cut short"),
        (
            Outcome(
                kind=OutcomeKind.MODEL_ERROR,
                reason="unreachable",
                message="It is down.",
                attempts=(Attempt(model="small", failure="unreachable"),),
            ),
            "No model got as far as being sent a prompt",
        ),
        (
            Outcome(kind=OutcomeKind.TIMEOUT, reason="connect", timed_out="small"),
            "No model got as far as being sent a prompt",
        ),
        (replace(SHOWN, sent=None, budget=BUDGET), "not known any more"),
    ],
)
def test_where_there_is_no_prompt_it_says_why(outcome: Outcome, words: str) -> None:
    text = report(outcome)
    assert words in text
    assert "## The prompt" not in text
    assert outcome.message in text


def test_where_no_other_file_was_looked_at_it_says_so() -> None:
    alone = replace(SHOWN, sent=Sent(prompt="x = <|fim_middle|>"))
    text = report(alone)
    assert "No other file was looked at: context is switched off, or the file was not read" in text
    assert "was worth its room" not in text
    held = replace(SHOWN, sent=Sent(prompt="x", chosen=CHOSEN))  # what earlier requests brought
    assert "| definitions | store.py:1-4 |" in report(held)


def test_where_the_sources_were_asked_before_it_says_when_and_what_they_found_then() -> None:
    lookup = Lookup(gathered=FOUND, at_s=3.0)
    kept = Sent(prompt="x = <|fim_middle|>", chosen=CHOSEN, lookup=lookup, looked_before_s=12.25)
    text = report(replace(SHOWN, sent=kept))
    assert "no source was asked" in text
    assert "asked last 12.2 s before, with the cursor in line 1:" in text
    assert "| definitions | 1.2 ms | 2 |" in text and "other.py" in text
    resting = replace(kept, lookup=replace(lookup, resting=True), looked_before_s=150.0)
    text = report(replace(SHOWN, sent=resting))
    assert "2 min before, with the cursor in line 1, while nothing was typed:" in text
    assert kept.gathered is None  # nothing was found for this request
    text = report(replace(SHOWN, sent=replace(kept, in_vain=True)))
    assert "no source was asked" not in text
    assert "the sources could not be asked: the file was not read in time" in text
    assert "They were asked last 12.2 s before" in text


def test_a_prompt_that_went_to_a_model_before_the_last_one_is_told_as_that() -> None:
    first = Sent(prompt="x = <|fim_middle|>", passed_on="near")
    failed = Outcome(kind=OutcomeKind.MODEL_ERROR, reason="interrupted", model="far", sent=first)
    assert "It was sent to the model near, which failed; no other was sent one." in (report(failed))
    assert "It was sent to" not in report(SHOWN)


def test_the_snippets_can_be_had_as_data() -> None:
    (one,) = context_record(SHOWN)
    assert one["path"] == "store.py"
    assert one["lines"] == [1, 4]
    assert one["why"] == "defines lock"


def test_nothing_of_it_stands_in_what_a_log_may_print() -> None:
    assert "lock" not in repr(SHOWN.sent)
    assert "fim_middle" not in repr(SHOWN)
