"""What to say of a model that can't be used for completion: what failed, and what to do."""

from collections.abc import Sequence

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.chat.faults import OnlyReasonedError
from aicopilot_lsp.models.fim import FimFormat
from aicopilot_lsp.models.selftest.trial import Trial


class NotSuitableError(ModelError):
    """NOT_SUITABLE, with all that was tried.

    Parameters
    ----------
    trials : sequence of Trial
    foreign : sequence of FimFormat
        Formats that the model's tokenizer rules out.
    """

    def __init__(self, message: str, trials: Sequence[Trial], foreign: Sequence[FimFormat]) -> None:
        super().__init__(message, kind=ModelErrorKind.NOT_SUITABLE)
        self.trials = tuple(trials)
        self.foreign = tuple(foreign)


def not_suitable(
    settings: ModelSettings, trials: Sequence[Trial], foreign: Sequence[FimFormat]
) -> NotSuitableError:
    """In two short sentences: a message in an editor has no room for what was tried, which is in
    the error for the report."""
    model = settings.model or settings.name
    return NotSuitableError(
        f"The model {model!r} {_failed(trials)}, so it is not asked for suggestions."
        f" {_fix(trials)}; `aicopilot model test {settings.name}` shows what was tried.",
        trials,
        foreign,
    )


def _failed(trials: Sequence[Trial]) -> str:
    if _leaks(trials):
        return "writes control tokens into the text"
    if _only_reasons(trials):
        return "spends its whole answer on reasoning"
    if _runs_on(trials) is not None:
        return "fills holes, but never stops"
    return "did not fill the test's holes"


def _fix(trials: Sequence[Trial]) -> str:
    if _leaks(trials):
        return "Have the server keep control tokens out of its answers (skip_special_tokens)"
    if _only_reasons(trials):
        return "Switch the model's reasoning off at the server, or choose another model"
    # What completes ends a suggestion where its scope ends, so such a model can be put up with.
    if (runs_on := _runs_on(trials)) is not None:
        return f'Set fim_format = "{runs_on}" to have it asked all the same'
    return 'Choose another model, or set its fim_format ("plain" completes without the text below)'


def _leaks(trials: Sequence[Trial]) -> bool:
    """A way to ask that would do if its answers were clean."""
    return any(trial.leaks and trial.filled for trial in trials)


def _only_reasons(trials: Sequence[Trial]) -> bool:
    return any(isinstance(trial.error, OnlyReasonedError) for trial in trials)


def _runs_on(trials: Sequence[Trial]) -> str | None:
    return next((trial.name for trial in trials if trial.never_stops), None)
