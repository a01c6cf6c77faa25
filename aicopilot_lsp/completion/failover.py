"""The models that may be asked for a snapshot, each in its turn until one answers.

One that is down costs little: its breaker (models/breaker.py) says so at once. One that hangs is
left after a bounded share of the time, so that those behind it get theirs. Nothing that a model
has written before it failed is joined to what the next one writes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from aicopilot_lsp.completion.generate import Generation
from aicopilot_lsp.completion.record import Record
from aicopilot_lsp.completion.types import Attempt, Trigger
from aicopilot_lsp.config.urls import is_loopback
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.protocol import Backend, Site

# For all models but the last. A half of the time at most, so that the next has as much again. A
# server elsewhere gets less of a long time: suggestions are to come within half a second (three on
# purpose), and one that is silent for longer than this hangs. On this machine a model seldom hangs
# and may well be slow, as one on two CPU cores that reads a cold prompt.
_SHARE = 0.5
_FIRST_TEXT_S = {Trigger.AUTOMATIC: 2.0, Trigger.INVOKED: 5.0}
# A model that has to be started or loaded goes on with that; the next one serves until then.
_READY_S = 1.0
_LEAST_S = 0.25


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model that may be asked.

    Attributes
    ----------
    name : str
        As in the configuration.
    open : coroutine function
        Gives its backend; raises ModelError when there is none.
    may_show : callable
        Whether text of another file, by its path, may be shown to it.
    """

    name: str
    open: Callable[[], Awaitable[Backend]]
    may_show: Callable[[str], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Choice:
    """The models that may be asked, in this order; `refusal` says why where there are none."""

    models: tuple[NamedModel, ...]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One model's turn. The limits, in seconds, are None for the last model: it has all the time
    that is left.

    Attributes
    ----------
    ready_within_s : float or None
        Until it can be asked.
    text_by_s, near_by_s : float or None
        On the clock: when its first text has to be there; the latter on this machine.
    """

    model: NamedModel
    ready_within_s: float | None = None
    text_by_s: float | None = None
    near_by_s: float | None = None

    async def ready(self, backend: Backend) -> None:
        """Return when the backend can be asked. Raises ModelError when that takes too long."""
        try:
            async with asyncio.timeout(self.ready_within_s):
                await backend.prepare()
        except TimeoutError:
            raise ModelError(
                f"The model {self.model.name} was not ready within {self.ready_within_s:g} s;"
                " it is asked again when it may be.",
                kind=ModelErrorKind.STARTING,
            ) from None

    def left_s(self, now_s: float, site: Site) -> float | None:
        """Seconds until the first text of the model at `site` has to be there; a little in any
        case, however long it took to get ready."""
        ends_s = self.near_by_s if _is_near(site) else self.text_by_s
        return None if ends_s is None else max(_LEAST_S, ends_s - now_s)


async def ask_in_turn(
    models: Sequence[NamedModel],
    ask: Callable[[Turn], Awaitable[None]],
    record: Record,
    *,
    trigger: Trigger,
    deadline_s: float,
) -> None:
    """`ask` each until one does not raise ModelError; what becomes of each is in the record.

    Raises
    ------
    ModelError
        All have failed: of the first, which is the one that the user would have first.
    """
    first: ModelError | None = None
    for at, model in enumerate(models, 1):
        turn = Turn(model)
        if at < len(models):
            left_s = max(0.0, deadline_s - (record.clock() - record.started_s))
            turn = _turn(model, left_s * _SHARE, record.clock(), _FIRST_TEXT_S[trigger])
        record.generation = Generation()
        try:
            await ask(turn)
        except ModelError as error:
            record.attempts.append(_failed(model, error))
            first = first or error
        else:
            record.attempts.append(Attempt(model=model.name))
            return
    if first is not None:
        raise first


def _turn(model: NamedModel, share_s: float, now_s: float, first_text_s: float) -> Turn:
    return Turn(
        model=model,
        ready_within_s=min(share_s, _READY_S),
        text_by_s=now_s + min(share_s, first_text_s),
        near_by_s=now_s + share_s,
    )


def _is_near(site: Site) -> bool:
    """Whether it is on this machine."""
    return not site.endpoint or is_loopback(urlsplit(site.endpoint).hostname or "")


def _failed(model: NamedModel, error: ModelError) -> Attempt:
    return Attempt(
        model=model.name, failure=error.kind.value, message=str(error), asked=error.asked
    )
