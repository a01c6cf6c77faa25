"""One inline completion, from snapshot to outcome. Start reading here.

Each stage is a pure function or one awaited call; none reaches back. The function touches neither
disk nor network itself: the model, the clock and the wait are handed in (INV-2). What one model is
asked is in asking.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from aicopilot_lsp.completion.asking import ask, wanted_for
from aicopilot_lsp.completion.cache import Entry, Hit
from aicopilot_lsp.completion.failover import Choice, ask_in_turn
from aicopilot_lsp.completion.judge import judge
from aicopilot_lsp.completion.memory import Memory
from aicopilot_lsp.completion.placement import Placement, place
from aicopilot_lsp.completion.prompt import unix_newlines
from aicopilot_lsp.completion.record import Record
from aicopilot_lsp.completion.trigger import decide
from aicopilot_lsp.completion.types import Outcome, OutcomeKind, Snapshot, Suggestion, Trigger
from aicopilot_lsp.config.settings import CompletionSettings, LatencySettings
from aicopilot_lsp.context.types import Gathered
from aicopilot_lsp.errors import ModelError
from aicopilot_lsp.filters.protocol import Candidate, Filter
from aicopilot_lsp.text.document import Point

# What filters see of the file on either side.
_AROUND_CHARS = 4_000


class Context(Protocol):
    """What else a model may see. Raises nothing."""

    def follow(self, snapshot: Snapshot, /) -> None:
        """A model is asked about this text: begin to read what has changed, and wait for nothing.
        The sources are asked for a few requests only, and are to find everything read then."""
        ...

    async def look(
        self, snapshot: Snapshot, /, *, patient: bool = False, worth_ms: float = 0.0
    ) -> Gathered | None:
        """What the sources find; bounded in time by itself, and less so where nobody waits, or
        where it is known that they are worth waiting for so long."""
        ...


class NoContext:
    """The file's own text is all there is."""

    def follow(self, _: Snapshot, /) -> None:
        return None

    async def look(self, _: Snapshot, /, **__: float) -> Gathered | None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the pipeline works with.

    Attributes
    ----------
    models : callable
        The models that may be asked, in order; raises ModelError when none is configured.
    clock : callable
        Seconds, monotonic.
    sleep : coroutine function
        Takes seconds.
    new_id : callable
        Ids for suggestions.
    """

    models: Callable[[Snapshot], Choice]
    filters: Sequence[Filter]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    new_id: Callable[[], str]
    latency: LatencySettings = field(default_factory=LatencySettings)
    context: Context = field(default_factory=NoContext)


async def complete(
    snapshot: Snapshot, settings: CompletionSettings, parts: Parts, memory: Memory
) -> Outcome:
    """Carry one request through; cancelling it closes the model call and remembers nothing."""
    record = Record(parts.clock, parts.clock())
    with record.stage("trigger"):
        decision = decide(snapshot, settings)
    if decision.rule is not None:
        return record.ends(OutcomeKind.NOT_TRIGGERED, decision.rule, rule=decision.rule)

    try:
        choice = parts.models(snapshot)
    except ModelError as error:
        return record.ends(OutcomeKind.MODEL_ERROR, error.kind.value, message=str(error))
    if not choice.models:
        rule = "no-model-allowed"
        return record.ends(OutcomeKind.NOT_TRIGGERED, rule, rule=rule, message=choice.refusal)

    with record.stage("cache"):
        hit = memory.cache.get(snapshot.document, snapshot.cursor)
    # Who asks on purpose where there was nothing wants the model to be asked again.
    if hit is not None and (hit.text or snapshot.trigger is Trigger.AUTOMATIC):
        return _from_cache(snapshot, hit, parts, record)

    late = False
    try:
        async with asyncio.timeout(settings.deadline_ms / 1000):
            if snapshot.trigger is Trigger.AUTOMATIC:
                with record.stage("debounce"):
                    await parts.sleep(settings.debounce_ms / 1000)
            parts.context.follow(snapshot)
            ask_one = partial(
                ask,
                snapshot,
                settings,
                decision,
                wanted=wanted_for(snapshot, decision, parts.latency),
                look=partial(parts.context.look, snapshot),
                memory=memory,
                record=record,
            )
            deadline_s = settings.deadline_ms / 1000
            await ask_in_turn(
                choice.models, ask_one, record, trigger=snapshot.trigger, deadline_s=deadline_s
            )
    except TimeoutError:
        late = True
        # A model that was still being loaded says nothing of how fast it reads.
        if record.stage_name == "model" and record.generation.silent:
            memory.left_in_silence(record.asked, record.identity, snapshot.document.uri)
    except ModelError as error:
        return record.ends(OutcomeKind.MODEL_ERROR, error.kind.value, message=str(error))

    outcome = _conclude(snapshot, parts, record, late=late)
    if not late:
        _remember(snapshot, outcome, memory)
    elif outcome.kind is OutcomeKind.TIMEOUT:
        # A model has its turn while the sources are asked, and is asked after them.
        asked = "" if outcome.reason == "context" else record.asked
        message = _too_late(settings, outcome.reason, asked)
        return replace(outcome, message=message, timed_out=asked)
    return outcome


def _conclude(snapshot: Snapshot, parts: Parts, record: Record, *, late: bool) -> Outcome:
    """Judge what came; after the deadline only whole lines count, and the reason of a timeout is
    the stage that was not done."""
    generation, unfinished = record.generation, record.stage_name
    if generation.mismatch:
        return record.ends(OutcomeKind.EMPTY, "other-scope" if generation.left else "other-token")
    nothing = OutcomeKind.TIMEOUT if late else OutcomeKind.EMPTY
    placed = place(generation.text, _right_of_cursor(snapshot))
    if not placed.text.strip():
        return record.ends(nothing, unfinished if late else "model")
    with record.stage("filters"):
        judged = judge(_candidate(snapshot, placed, complete=generation.complete), parts.filters)
    record.verdicts = judged.verdicts
    blocked = judged.blocked_by
    if blocked is not None:
        kind = OutcomeKind.TIMEOUT if late else OutcomeKind.FILTERED
        return record.ends(kind, unfinished if late else blocked.rule, rule=blocked.rule)
    suggestion = _suggestion(snapshot, judged.text, placed.replaces, parts)
    reason = "deadline" if late else "model"
    return record.ends(OutcomeKind.SHOWN, reason, suggestions=(suggestion,))


def _too_late(settings: CompletionSettings, stage: str, model: str) -> str:
    limit = f"the timeout of {settings.deadline_ms / 1000:g} s"
    if not model:
        return (
            f"No model was asked within {limit}; a shorter completion.debounce_ms or a longer"
            " completion.deadline_ms leaves time for it."
        )
    if stage != "model":
        return (
            f"The model {model} was not ready within {limit}; suggestions begin when it is."
            f" `aicopilot model test {model}` tests it without this limit."
        )
    return (
        f"The model ran into {limit}; the next prompts are"
        " shorter. `aicopilot doctor` measures it; a smaller model or a longer"
        " completion.deadline_ms would help."
    )


def _candidate(snapshot: Snapshot, placed: Placement, *, complete: bool) -> Candidate:
    document, cursor = snapshot.document, snapshot.cursor
    return Candidate(
        text=placed.text,
        before=unix_newlines(document.before(cursor, _AROUND_CHARS)),
        after=unix_newlines(document.after(cursor, _AROUND_CHARS))[placed.replaces :],
        language_id=document.language_id,
        complete=complete,
    )


def _from_cache(snapshot: Snapshot, hit: Hit, parts: Parts, record: Record) -> Outcome:
    """What is left of an earlier suggestion; where there was none, the reason is still that."""
    record.model, record.verdicts = hit.origin.model, hit.origin.verdicts
    if not hit.text:
        return record.ends(hit.origin.kind, hit.origin.reason, rule=hit.origin.rule)
    suggestion = _suggestion(snapshot, hit.text, hit.replaces, parts)
    return record.ends(OutcomeKind.SHOWN, "cache", suggestions=(suggestion,))


def _suggestion(snapshot: Snapshot, text: str, replaces: int, parts: Parts) -> Suggestion:
    cursor = snapshot.cursor
    end = Point(cursor.line, cursor.column + replaces)
    return Suggestion(id=parts.new_id(), text=text, start=cursor, end=end)


def _remember(snapshot: Snapshot, outcome: Outcome, memory: Memory) -> None:
    """Also that there was nothing: the same place need not be asked about twice."""
    document, cursor = snapshot.document, snapshot.cursor
    text, replaces = "", 0
    for suggestion in outcome.suggestions:
        text, replaces = suggestion.text, suggestion.end.column - cursor.column
    # Without what was sent: a megabyte at times, which outcomes.py keeps of few documents.
    memory.cache.put(Entry(document, cursor, text, replace(outcome, sent=None), replaces))


def _right_of_cursor(snapshot: Snapshot) -> str:
    return snapshot.document.line_text(snapshot.cursor.line)[snapshot.cursor.column :]
