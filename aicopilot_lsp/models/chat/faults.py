"""Failures that only chat models have, in our words. See models/failures.py."""

from aicopilot_lsp.errors import ModelError, ModelErrorKind


class OnlyReasonedError(ModelError):
    """REJECTED: the model used up its answer for reasoning; tests of a model tell it apart."""


def only_reasoned(where: str) -> OnlyReasonedError:
    return OnlyReasonedError(
        f"The model at {where} spends its whole answer on reasoning. Editing is not affected. "
        "Switch its reasoning off at the server, or choose a model that answers at once.",
        kind=ModelErrorKind.REJECTED,
    )


def withheld(where: str) -> ModelError:
    return ModelError(
        f"The model server at {where} withheld its answer, as its content filter wants. "
        "Editing is not affected; elsewhere in the file it may answer.",
        kind=ModelErrorKind.REJECTED,
    )
