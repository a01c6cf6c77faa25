"""What is told, and how often."""

import pytest
from lsprotocol.types import MessageType

from aicopilot_lsp.completion.types import Attempt, Outcome, OutcomeKind
from aicopilot_lsp.lsp.notices import Notices
from aicopilot_lsp.lsp.outages import STEADY_S


class Told:
    """Notices, and what they have shown since one last looked."""

    def __init__(self) -> None:
        self._said: list[tuple[str, MessageType]] = []
        self.now_s = 1000.0
        self.notices = Notices(
            lambda text, kind: self._said.append((text, kind)), clock=lambda: self.now_s
        )

    def of(self, outcome: Outcome) -> list[str]:
        self.notices.outcome(outcome)
        said, self._said = self._said, []
        for text, kind in said:
            expected = MessageType.Info if text.endswith("again.") else MessageType.Warning
            assert kind is expected
        return [text.removeprefix("aicopilot: ") for text, _ in said]


def failed(*failures: str | None) -> Outcome:
    """What becomes of models first, second, ...: a kind each, None for the one that answers."""
    attempts = tuple(
        Attempt(
            model=name,
            failure=failure,
            message=f"{name} is {failure}." if failure else "",
        )
        for name, failure in zip(("first", "second"), failures, strict=False)
    )
    if failures[-1] is None:
        return Outcome(kind=OutcomeKind.SHOWN, reason="model", attempts=attempts)
    return Outcome(
        kind=OutcomeKind.MODEL_ERROR,
        reason=failures[0] or "",
        message=attempts[0].message,
        attempts=attempts,
    )


SHOWN = failed(None)
CACHED = Outcome(kind=OutcomeKind.SHOWN, reason="cache")


def test_a_model_that_is_too_slow_is_told_once_a_session() -> None:
    told = Told()
    slow = Outcome(kind=OutcomeKind.TIMEOUT, reason="model", message="Too slow.", timed_out="first")
    assert told.of(slow) == ["Too slow."]
    for outcome in (SHOWN, slow, failed("timeout"), slow, SHOWN, SHOWN):
        assert told.of(outcome) == []


def test_an_outage_is_told_once_and_so_is_its_end() -> None:
    told = Told()
    assert told.of(failed("unreachable")) == ["first is unreachable."]
    for kind in ("unreachable", "starting", "busy", "server", "interrupted"):
        assert told.of(failed(kind)) == []
    assert told.of(CACHED) == []
    assert told.of(SHOWN) == ["The model first answers again."]
    told.now_s += STEADY_S
    assert told.of(SHOWN) == []
    assert told.of(failed("busy")) == ["first is busy."]
    assert told.of(SHOWN) == ["The model first answers again."]
    told.now_s += STEADY_S  # nobody has asked meanwhile
    assert told.of(failed("busy")) == ["first is busy."]


OFTEN = (
    "The model first comes and goes: you are told again when it has answered for 30 seconds on end."
)


def wavering(kind: str) -> Told:
    """A server that fails every other request, and what is told of that."""
    told = Told()
    assert told.of(failed(kind)) == [f"first is {kind}."]
    assert told.of(SHOWN) == ["The model first answers again."]
    assert told.of(failed(kind)) == [f"first is {kind}. {OFTEN}"]
    for _ in range(100):
        told.now_s += STEADY_S / 2 - 1
        assert told.of(SHOWN) == []
        told.now_s += STEADY_S / 2
        assert told.of(failed(kind)) == []
    return told


@pytest.mark.parametrize("kind", ["server", "auth"])
def test_a_model_that_fails_every_other_request_is_told_of_once(kind: str) -> None:
    told = wavering(kind)
    assert told.of(SHOWN) == []
    told.now_s += STEADY_S
    assert told.of(SHOWN) == ["The model first answers again."]
    assert told.of(SHOWN) == []
    assert told.of(failed(kind)) == [f"first is {kind}."]


def test_another_cause_is_told_of_a_model_that_comes_and_goes() -> None:
    told = wavering("server")
    assert told.of(failed("auth")) == ["first is auth."]
    assert told.of(failed("auth")) == []
    told = Told()
    for kind in ("server", "auth"):
        assert told.of(failed(kind)) == [f"first is {kind}."]
        assert told.of(SHOWN) == ["The model first answers again."]


def test_a_change_of_the_models_starts_anew_with_one_that_comes_and_goes() -> None:
    told = wavering("server")
    told.notices.models_changed()
    assert told.of(failed("server")) == ["first is server."]
    assert told.of(SHOWN) == ["The model first answers again."]


def test_one_model_that_comes_and_goes_hides_no_outage_of_another() -> None:
    told = wavering("server")
    assert told.of(failed("server", "unreachable")) == ["second is unreachable."]
    assert told.of(failed("server", None)) == ["The model second answers again."]


def test_what_is_still_wrong_after_the_models_were_changed_is_told_once_more() -> None:
    told = Told()
    assert told.of(failed("auth")) == ["first is auth."]
    told.notices.models_changed()
    assert told.of(failed("auth")) == ["first is auth."]
    assert told.of(failed("auth")) == []
    told.notices.models_changed()
    assert told.of(SHOWN) == ["The model first answers again."]
    assert told.of(SHOWN) == []


def test_a_model_that_answers_with_nothing_is_back_as_well() -> None:
    told = Told()
    told.of(failed("unreachable"))
    empty = Outcome(kind=OutcomeKind.EMPTY, reason="model", attempts=SHOWN.attempts)
    assert told.of(empty) == ["The model first answers again."]


def test_a_first_start_is_no_outage() -> None:
    told = Told()
    assert told.of(failed("starting")) == ["first is starting."]
    assert told.of(failed("starting")) == []
    assert told.of(SHOWN) == []


def test_who_serves_meanwhile_is_told_with_the_outage() -> None:
    told = Told()
    assert told.of(failed("unreachable", None)) == [
        "first is unreachable. Until then suggestions come from second."
    ]
    assert told.of(failed("unreachable", None)) == []
    assert told.of(SHOWN) == ["The model first answers again."]


def test_a_model_that_is_being_loaded_while_another_serves_is_not_spoken_of() -> None:
    told = Told()
    assert told.of(failed("starting", None)) == []
    assert told.of(SHOWN) == []


def test_each_model_has_its_own_outage() -> None:
    told = Told()
    assert told.of(failed("unreachable", "busy")) == ["first is unreachable.", "second is busy."]
    assert told.of(failed("unreachable", None)) == ["The model second answers again."]
    assert told.of(SHOWN) == ["The model first answers again."]


def test_a_lasting_cause_is_told_for_itself_and_its_end_too() -> None:
    told = Told()
    assert told.of(failed("unreachable")) == ["first is unreachable."]
    assert told.of(failed("auth")) == ["first is auth."]
    assert told.of(failed("auth")) == []
    assert told.of(SHOWN) == ["The model first answers again."]


def test_what_may_lie_in_one_request_is_told_once_however_often_it_comes_and_goes() -> None:
    told = Told()
    assert told.of(failed("rejected")) == ["first is rejected."]
    for outcome in (SHOWN, failed("rejected"), SHOWN, failed("rejected")):
        assert told.of(outcome) == []


def test_a_missing_model_is_told_in_the_words_of_the_start_and_once() -> None:
    told = Told()
    told.notices.readiness("first is not_installed.")
    assert told.of(failed("not_installed")) == ["first is not_installed."]
    assert told.of(failed("not_installed")) == []
    assert told.of(SHOWN) == []
