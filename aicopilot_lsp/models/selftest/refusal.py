"""What to say of a model that can't be used for completion: what was tried, and what to do."""

from collections.abc import Sequence

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.chat.faults import OnlyReasonedError
from aicopilot_lsp.models.fim import FimFormat
from aicopilot_lsp.models.selftest.trial import Trial

_SHOWN = 4


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
    """With the story on a few lines' length."""
    model = settings.model or settings.name
    return NotSuitableError(
        f"The model {model!r} did not fill the test's holes in any way known here, so it is not"
        f" asked for suggestions ({_tried(trials, foreign)}). Editing is not affected."
        f" {_advice(settings, trials)}",
        trials,
        foreign,
    )


def _tried(trials: Sequence[Trial], foreign: Sequence[FimFormat]) -> str:
    # Those that came nearest say most.
    telling = sorted(trials, key=lambda trial: (-trial.filled, not trial.leaks))
    said = [f"{trial.name}: {trial.verdict}" for trial in telling[:_SHOWN]]
    if more := len(trials) - _SHOWN:
        said += [f"{more} more failed"] if more > 0 else []
    if foreign:
        said.append(f"{len(foreign)} formats have markers that the model does not know")
    return "; ".join(said) or "no format has markers that it knows"


def _advice(settings: ModelSettings, trials: Sequence[Trial]) -> str:
    advice = (
        "Choose a model that fills in the middle, or set its fim_format (`aicopilot model formats`"
        ' lists them; "plain" completes without the text below), then run `aicopilot model test'
        f" {settings.name}`."
    )
    # What completes ends a suggestion where its scope ends, so such a model can be put up with.
    if runs_on := next((trial.name for trial in trials if trial.never_stops), None):
        advice = f'To have it asked all the same, set fim_format = "{runs_on}". Or c' + advice[1:]
    if any(trial.leaks and trial.filled for trial in trials):
        mend = "Have the server keep control tokens out of its answers (skip_special_tokens)"
    elif any(isinstance(trial.error, OnlyReasonedError) for trial in trials):
        mend = "Switch the model's reasoning off at the server"
    else:
        return advice
    return f"{mend}, or {advice[0].lower()}{advice[1:]}"
