"""What is remembered of requests, and of how many what their models were sent."""

from aicopilot_lsp.completion.outcomes import Outcomes
from aicopilot_lsp.completion.types import Outcome, OutcomeKind, Sent

CANCELLED = Outcome(kind=OutcomeKind.CANCELLED, reason="cancelled")


def asked(prompt: str) -> Outcome:
    return Outcome(kind=OutcomeKind.SHOWN, reason="model", sent=Sent(prompt=prompt))


def prompt_of(outcome: Outcome | None) -> str | None:
    return outcome.sent.prompt if outcome and outcome.sent else None


def test_what_was_sent_is_kept_of_the_four_documents_asked_for_last() -> None:
    outcomes = Outcomes()
    for number in range(10):
        outcomes.put(f"file:///{number}", asked(str(number)))
    outcomes.put("file:///6", asked("6 again"))
    outcomes.put("file:///new", asked("new"))
    kept = {uri: prompt_of(outcomes.latest(uri)) for uri in map("file:///{}".format, range(10))}
    assert {uri: prompt for uri, prompt in kept.items() if prompt} == {
        "file:///6": "6 again",
        "file:///8": "8",
        "file:///9": "9",
    }
    assert prompt_of(outcomes.asked("file:///7")) is None
    assert outcomes.latest("file:///7") == asked(
        "7"
    )  # all but what was sent, which is not compared
    assert prompt_of(outcomes.asked("file:///new")) == "new"


def test_what_came_after_does_not_hide_what_a_model_was_sent() -> None:
    outcomes = Outcomes()
    outcomes.put("file:///a", asked("first"))
    outcomes.put("file:///a", asked("second"))
    outcomes.put("file:///a", CANCELLED)
    assert outcomes.latest("file:///a") is CANCELLED
    assert prompt_of(outcomes.asked("file:///a")) == "second"


def test_requests_in_which_no_model_was_asked_drive_none_out() -> None:
    outcomes = Outcomes()
    outcomes.put("file:///a", asked("a"))
    for number in range(20):
        outcomes.put(f"file:///{number}", CANCELLED)
    assert prompt_of(outcomes.latest("file:///a")) == "a"


def test_nothing_is_left_of_documents_beyond_sixty_four_or_closed() -> None:
    outcomes = Outcomes()
    outcomes.put("file:///a", asked("a"))
    outcomes.put("file:///b", asked("b"))
    outcomes.forget("file:///b")
    for number in range(64):
        outcomes.put(f"file:///{number}", CANCELLED)
    for uri in ("file:///a", "file:///b"):
        assert outcomes.latest(uri) is None
        assert outcomes.asked(uri) is None
    assert outcomes.latest("file:///0") is CANCELLED
