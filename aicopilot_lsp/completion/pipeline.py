"""One inline completion, from snapshot to outcome. Start reading here.

Each stage is a pure function or one awaited call; none reaches back. The function touches neither
disk nor network itself: the model, the clock and the wait are handed in (INV-2).
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from aicopilot_lsp.completion.budget import Budget, Wanted, budget_for
from aicopilot_lsp.completion.cache import Entry, Hit
from aicopilot_lsp.completion.failover import Choice, Turn, ask_in_turn
from aicopilot_lsp.completion.generate import Generation, generate
from aicopilot_lsp.completion.judge import judge
from aicopilot_lsp.completion.memory import Memory, ModelMemory
from aicopilot_lsp.completion.placement import Placement, place
from aicopilot_lsp.completion.prompt import (
    Frozen,
    hole,
    lay_out,
    render,
    request_chars,
    unix_newlines,
)
from aicopilot_lsp.completion.record import Record
from aicopilot_lsp.completion.speed import identity_of
from aicopilot_lsp.completion.stop import Surroundings
from aicopilot_lsp.completion.trigger import (
    Decision,
    Extent,
    decide,
    first_code_line_below,
    indentation,
    opener_above,
)
from aicopilot_lsp.completion.types import (
    Outcome,
    OutcomeKind,
    Snapshot,
    Suggestion,
    Trigger,
)
from aicopilot_lsp.config.settings import CompletionSettings, LatencySettings
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.filters.protocol import Candidate, Filter
from aicopilot_lsp.models.healing import Healed, heal, line_to_tokenize
from aicopilot_lsp.models.protocol import Backend, GenerateRequest, Healing
from aicopilot_lsp.text.document import Point
from aicopilot_lsp.text.languages import language_for

# What filters see of the file on either side.
_AROUND_CHARS = 4_000
# Of the time in which the first text has to be there, for reading the prompt.
_FIRST_TEXT_SHARE = 0.8
# When these befall the tokenizer, the completion itself has no better chance.
_CONNECTION_FAULTS = (
    ModelErrorKind.UNREACHABLE,
    ModelErrorKind.INTERRUPTED,
    ModelErrorKind.AUTH,
    ModelErrorKind.STARTING,
    ModelErrorKind.NOT_INSTALLED,
)


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
            wanted = _wanted(snapshot, decision, parts.latency)
            ask = partial(
                _ask, snapshot, settings, decision, wanted=wanted, memory=memory, record=record
            )
            deadline_s = settings.deadline_ms / 1000
            await ask_in_turn(
                choice.models, ask, record, trigger=snapshot.trigger, deadline_s=deadline_s
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
        message = _too_late(settings, outcome.reason)
        return replace(outcome, message=message, timed_out=record.asked)
    return outcome


async def _ask(
    snapshot: Snapshot,
    settings: CompletionSettings,
    decision: Decision,
    turn: Turn,
    *,
    wanted: Wanted,
    memory: Memory,
    record: Record,
) -> None:
    """Build the prompt for one model and stream its answer into the record."""
    record.asked, known = turn.model.name, memory.of(turn.model.name)
    with record.stage("connect"):
        backend = await turn.model.open()
        record.model = backend.model
        await turn.ready(backend)
        record.model = backend.model
    around = _surroundings(snapshot, settings, decision)
    healing = backend.prompting.healing
    identity = record.identity = identity_of(backend.model, backend.site)
    while True:
        with record.stage("prompt"):
            cold_s = _FIRST_TEXT_SHARE * (turn.left_s(record.clock(), backend.site) or math.inf)
            sized_for = replace(wanted, cold_ms=min(1000 * cold_s, settings.deadline_ms / 2))
            budget = budget_for(memory.speeds.of(identity), backend.site, settings, sized_for)
            previous = known.frozen.get(snapshot.document.uri)
            request, healed, frozen = await _prompt(
                snapshot, settings, backend, healing, budget, known=known
            )
            record.budget = replace(budget, room_chars=frozen.room_chars)
            request = replace(request, begin_within_s=turn.left_s(record.clock(), backend.site))
        with record.stage("model"):
            into = record.generation
            try:
                await generate(backend, request, healed, around, into, clock=record.clock)
            except ModelError as error:
                if error.kind is ModelErrorKind.TIMEOUT and into.silent:
                    memory.left_in_silence(record.asked, identity, snapshot.document.uri)
                raise
            finally:  # a call that was cut short tells the speed as well
                sample = into.sample(request_chars(request), cold=not frozen.continues(previous))
                memory.speeds.learn(identity, sample)
        if not (healing is Healing.CHECKED and record.generation.mismatch and healed.dropped):
            return
        # The server could not be held to the dropped token, and the model wrote another one.
        healing, record.generation = Healing.NONE, Generation()


async def _prompt(
    snapshot: Snapshot,
    settings: CompletionSettings,
    backend: Backend,
    healing: Healing,
    budget: Budget,
    *,
    known: ModelMemory,
) -> tuple[GenerateRequest, Healed, Frozen]:
    uri = snapshot.document.uri
    previous = known.frozen.get(uri)
    if previous is not None and previous.room_chars > budget.most_chars:
        previous = None
    layout = lay_out(snapshot, previous, budget.prompt_chars)
    known.frozen[uri] = layout.frozen
    healed = Healed(middle=layout.middle)
    if healing is not Healing.NONE:
        healed = heal(layout.middle, await _pieces(backend, line_to_tokenize(layout.middle)))
    prompting = backend.prompting
    fmt = prompting.format
    request = GenerateRequest(
        prompt=render(layout, healed.middle, prompting) if fmt else "",
        hole=None if fmt else hole(layout, healed.middle, snapshot),
        must_begin_with=healed.dropped,
        max_tokens=budget.output_tokens,
        stop=fmt.stop if fmt else (),
        deadline_s=settings.deadline_ms / 1000,
    )
    return request, healed, layout.frozen


def _wanted(snapshot: Snapshot, decision: Decision, latency: LatencySettings) -> Wanted:
    explicit = snapshot.trigger is Trigger.INVOKED
    document, cursor = snapshot.document, snapshot.cursor
    return Wanted(
        target_ms=latency.explicit_target_ms if explicit else latency.target_ms,
        block=explicit or decision.extent is Extent.BLOCK,
        text=document.before(cursor, _AROUND_CHARS) + document.after(cursor, _AROUND_CHARS),
    )


async def _pieces(backend: Backend, line: str) -> tuple[str, ...] | None:
    """The line's tokens, or None where the server can't or won't tell: healing has another way."""
    if not line:
        return None
    try:
        return await backend.tokenize(line)
    except ModelError as error:
        if error.kind in _CONNECTION_FAULTS:
            raise
        return None


def _conclude(snapshot: Snapshot, parts: Parts, record: Record, *, late: bool) -> Outcome:
    """Judge what came; after the deadline only whole lines count, and the reason of a timeout is
    the stage that was not done."""
    generation, unfinished = record.generation, record.stage_name
    if generation.mismatch:
        return record.ends(OutcomeKind.EMPTY, "other-scope" if generation.left else "other-token")
    nothing = OutcomeKind.TIMEOUT if late else OutcomeKind.EMPTY
    placed = place(generation.text, _line_around(snapshot)[1])
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


def _too_late(settings: CompletionSettings, stage: str) -> str:
    limit = f"the timeout of {settings.deadline_ms / 1000:g} s"
    if stage != "model":
        return f"The model was not ready within {limit}; suggestions begin when it is."
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
    memory.cache.put(Entry(document, cursor, text, outcome, replaces))


def _surroundings(
    snapshot: Snapshot, settings: CompletionSettings, decision: Decision
) -> Surroundings:
    document, row = snapshot.document, snapshot.cursor.line
    language = language_for(document.language_id, snapshot.path)
    head = _line_around(snapshot)[0]
    opener = head if head.strip() else opener_above(document, row, language)
    return Surroundings(
        extent=decision.extent,
        language=language,
        head=head,
        below=first_code_line_below(document, row),
        floor=indentation(opener) + 1,
        max_lines=settings.max_lines,
    )


def _line_around(snapshot: Snapshot) -> tuple[str, str]:
    line = snapshot.document.line_text(snapshot.cursor.line)
    return line[: snapshot.cursor.column], line[snapshot.cursor.column :]
