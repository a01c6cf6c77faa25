"""What is told, and how often."""

from lsprotocol.types import MessageType

from aicopilot_lsp.completion.types import Outcome, OutcomeKind
from aicopilot_lsp.lsp.notices import Notices


def test_a_model_that_is_too_slow_is_told_once_a_session() -> None:
    said: list[str] = []

    def show(text: str, _: MessageType) -> None:
        said.append(text)

    notices = Notices(show)
    slow = Outcome(kind=OutcomeKind.TIMEOUT, reason="model", message="Too slow.")
    shown = Outcome(kind=OutcomeKind.SHOWN, reason="model")
    for outcome in (slow, shown, slow, slow):
        notices.outcome(outcome)
    assert said == ["aicopilot: Too slow."]
