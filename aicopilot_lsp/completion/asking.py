"""One model's turn: the prompt that it is sent, the call, and what is learned from it.

Called by pipeline.py through failover.py, for each model until one answers. Deterministic as the
pipeline is (INV-2). Next: generate.py.
"""

import math
from dataclasses import replace
from typing import Protocol

from aicopilot_lsp.completion.budget import Wanted, budget_for
from aicopilot_lsp.completion.compose import compose, window_for
from aicopilot_lsp.completion.failover import Turn
from aicopilot_lsp.completion.generate import Generation, generate
from aicopilot_lsp.completion.memory import Memory
from aicopilot_lsp.completion.prompt import request_chars
from aicopilot_lsp.completion.record import Record
from aicopilot_lsp.completion.speed import identity_of
from aicopilot_lsp.completion.stop import Surroundings
from aicopilot_lsp.completion.trigger import (
    Decision,
    Extent,
    first_code_line_below,
    indentation,
    opener_above,
)
from aicopilot_lsp.completion.types import Lookup, Snapshot, Trigger
from aicopilot_lsp.config.settings import CompletionSettings, LatencySettings
from aicopilot_lsp.context.types import Gathered
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.protocol import Healing
from aicopilot_lsp.text.languages import language_for

# What is looked at on either side of the cursor for how densely it is cut into tokens.
_DENSITY_CHARS = 4_000
# Of the time in which the first text has to be there, for reading the prompt.
_FIRST_TEXT_SHARE = 0.8
# So much of the time that a model takes to read a prompt may be waited for what to put into it.
_LOOK_SHARE = 0.05


class Look(Protocol):
    """Asks the sources of context about the request's place; see pipeline.Context."""

    async def __call__(self, *, worth_ms: float = ...) -> Gathered | None: ...


def wanted_for(snapshot: Snapshot, decision: Decision, latency: LatencySettings) -> Wanted:
    """What a request is for, as far as its size depends on it."""
    explicit = snapshot.trigger is Trigger.INVOKED
    document, cursor = snapshot.document, snapshot.cursor
    return Wanted(
        target_ms=latency.explicit_target_ms if explicit else latency.target_ms,
        block=explicit or decision.extent is Extent.BLOCK,
        text=document.before(cursor, _DENSITY_CHARS) + document.after(cursor, _DENSITY_CHARS),
    )


async def ask(
    snapshot: Snapshot,
    settings: CompletionSettings,
    decision: Decision,
    turn: Turn,
    *,
    wanted: Wanted,
    look: Look,
    memory: Memory,
    record: Record,
) -> None:
    """Build the prompt for one model and stream its answer into the record.

    `look` asks the sources of context: once for a request, and only where snippets may change.
    """
    record.asked, known = turn.model.name, memory.of(turn.model.name)
    may_show = turn.model.may_show
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
            window = window_for(snapshot, budget, known, may_show)
        if window.moved and record.lookup is None:
            with record.stage("context"):
                now_s = record.clock()
                reading_ms = budget.speed.reading_ms(budget.prompt_tokens)
                found = await look(worth_ms=_LOOK_SHARE * reading_ms)
                record.lookup = Lookup(gathered=found, at_s=now_s)
        with record.stage("prompt"):
            composed = await compose(
                snapshot,
                backend,
                healing,
                budget,
                window=window,
                lookup=record.lookup,
                known=known,
                may_show=may_show,
                deadline_s=settings.deadline_ms / 1000,
            )
            healed = composed.healed
            record.budget = replace(budget, room_chars=composed.frozen.room_chars)
            record.composed, record.sent_to = composed, record.asked
            limit_s = turn.left_s(record.clock(), backend.site)
            request = replace(composed.request, begin_within_s=limit_s)
        with record.stage("model"):
            into = record.generation
            try:
                await generate(backend, request, healed, around, into, clock=record.clock)
            except ModelError as error:
                if error.kind is ModelErrorKind.TIMEOUT and into.silent:
                    memory.left_in_silence(record.asked, identity, snapshot.document.uri)
                raise
            finally:  # a call that was cut short tells the speed as well
                sample = into.sample(request_chars(request), cold=composed.cold)
                memory.speeds.learn(identity, sample)
        if not (healing is Healing.CHECKED and record.generation.mismatch and healed.dropped):
            return
        # The server could not be held to the dropped token, and the model wrote another one.
        healing, record.generation = Healing.NONE, Generation()


def _surroundings(
    snapshot: Snapshot, settings: CompletionSettings, decision: Decision
) -> Surroundings:
    document, row = snapshot.document, snapshot.cursor.line
    language = language_for(document.language_id, snapshot.path)
    head = document.line_text(row)[: snapshot.cursor.column]
    opener = head if head.strip() else opener_above(document, row, language)
    return Surroundings(
        extent=decision.extent,
        language=language,
        head=head,
        below=first_code_line_below(document, row),
        floor=indentation(opener) + 1,
        max_lines=settings.max_lines,
    )
