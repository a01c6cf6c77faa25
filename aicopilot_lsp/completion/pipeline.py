"""One inline completion, from snapshot to outcome. Start reading here.

Each stage is a pure function or one awaited call; none reaches back. The function touches neither
disk nor network itself: the model, the clock and the wait are handed in (INV-2).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from aicopilot_lsp.completion.budget import Speed
from aicopilot_lsp.completion.cache import Entry, SuggestionCache
from aicopilot_lsp.completion.generate import Generation, generate
from aicopilot_lsp.completion.judge import Judged, judge
from aicopilot_lsp.completion.placement import place
from aicopilot_lsp.completion.prompt import (
    Frozen,
    heal,
    lay_out,
    line_to_tokenize,
    render,
    unix_newlines,
)
from aicopilot_lsp.completion.stop import Surroundings
from aicopilot_lsp.completion.trigger import Decision, decide, first_code_line_below
from aicopilot_lsp.completion.types import (
    Outcome,
    OutcomeKind,
    Snapshot,
    Suggestion,
    Tokens,
    Trigger,
)
from aicopilot_lsp.config.settings import CompletionSettings
from aicopilot_lsp.errors import ModelError
from aicopilot_lsp.filters.protocol import Candidate, Filter
from aicopilot_lsp.models.fim import format_for
from aicopilot_lsp.models.protocol import Backend, GenerateRequest
from aicopilot_lsp.text.document import Point
from aicopilot_lsp.text.languages import language_for

# What filters see of the file on either side.
_AROUND_CHARS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the pipeline works with.

    Attributes
    ----------
    backend : coroutine function
        Gives the model; raises ModelError when there is none.
    clock : callable
        Seconds, monotonic.
    sleep : coroutine function
        Takes seconds.
    new_id : callable
        Ids for suggestions.
    """

    backend: Callable[[], Awaitable[Backend]]
    filters: Sequence[Filter]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    new_id: Callable[[], str]


@dataclass(slots=True)
class Memory:
    """What one request leaves for the next; owned by one event loop."""

    cache: SuggestionCache = field(default_factory=SuggestionCache)
    frozen: dict[str, Frozen] = field(default_factory=dict)
    speed: Speed = Speed()

    def forget(self, uri: str) -> None:
        self.cache.forget(uri)
        self.frozen.pop(uri, None)


@dataclass(slots=True)
class _Record:
    """The outcome in the making."""

    clock: Callable[[], float]
    model: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)
    generation: Generation = field(default_factory=Generation)
    judged: Judged = Judged("", ())

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = self.clock()
        try:
            yield
        finally:
            self.timings_ms[name] = round(1000 * (self.clock() - start), 3)

    def ends(
        self,
        kind: OutcomeKind,
        reason: str,
        *,
        rule: str | None = None,
        message: str = "",
        suggestions: tuple[Suggestion, ...] = (),
    ) -> Outcome:
        usage = self.generation.usage
        return Outcome(
            kind=kind,
            reason=reason,
            rule=rule,
            message=message,
            suggestions=suggestions,
            model=self.model,
            timings_ms=self.timings_ms,
            tokens=Tokens(
                prompt=usage.prompt_tokens,
                evaluated=usage.evaluated_tokens,
                generated=usage.generated_tokens or self.generation.chunks or None,
            ),
            verdicts=self.judged.verdicts,
        )


async def complete(
    snapshot: Snapshot, settings: CompletionSettings, parts: Parts, memory: Memory
) -> Outcome:
    """Carry one request through; cancelling it closes the model call and remembers nothing."""
    record = _Record(parts.clock)
    with record.stage("total"):
        with record.stage("trigger"):
            decision = decide(snapshot, settings)
        if decision.rule is not None:
            return record.ends(OutcomeKind.NOT_TRIGGERED, decision.rule, rule=decision.rule)

        with record.stage("cache"):
            hit = memory.cache.get(snapshot.document, snapshot.cursor)
        if hit is not None:
            return _answer(snapshot, hit.text, hit.replaces, parts, record, reason="cache")

        if snapshot.trigger is Trigger.AUTOMATIC:
            with record.stage("debounce"):
                await parts.sleep(settings.debounce_ms / 1000)

        late = False
        try:
            async with asyncio.timeout(settings.deadline_ms / 1000):
                await _ask(snapshot, settings, decision, parts=parts, memory=memory, record=record)
        except TimeoutError:
            late = True
        except ModelError as error:
            return record.ends(OutcomeKind.MODEL_ERROR, error.kind.value, message=str(error))

        with record.stage("filters"):
            outcome = _conclude(snapshot, parts, record, late=late)
        if not late:
            _remember(snapshot, outcome, memory)
        return outcome


async def _ask(
    snapshot: Snapshot,
    settings: CompletionSettings,
    decision: Decision,
    *,
    parts: Parts,
    memory: Memory,
    record: _Record,
) -> None:
    """Build the prompt and stream the answer into the record."""
    with record.stage("connect"):
        backend = await parts.backend()
        record.model = backend.model
        await backend.prepare()
    with record.stage("prompt"):
        uri = snapshot.document.uri
        room_chars = memory.speed.prompt_chars(settings)
        layout = lay_out(snapshot, memory.frozen.get(uri), room_chars)
        memory.frozen[uri] = layout.frozen
        line = line_to_tokenize(layout.middle)
        healed = heal(layout.middle, await backend.tokenize(line) if line else None)
        fmt = format_for(backend.fim_format)
        request = GenerateRequest(
            prompt=render(layout, healed.middle, fmt),
            must_begin_with=healed.dropped,
            max_tokens=settings.max_output_tokens,
            stop=fmt.stop,
            deadline_s=settings.deadline_ms / 1000,
        )
    with record.stage("model"):
        around = _surroundings(snapshot, settings, decision)
        await generate(backend, request, healed, around, record.generation)
    memory.speed = memory.speed.after(record.generation.usage, len(request.prompt))


def _conclude(snapshot: Snapshot, parts: Parts, record: _Record, *, late: bool) -> Outcome:
    """Judge what came; after the deadline only whole lines count."""
    generation = record.generation
    if generation.mismatch:
        return record.ends(OutcomeKind.EMPTY, "token-mismatch")
    if not generation.text.strip():
        return record.ends(OutcomeKind.TIMEOUT if late else OutcomeKind.EMPTY, "model")

    placed = place(generation.text, _line_around(snapshot)[1])
    candidate = Candidate(
        text=placed.text,
        before=unix_newlines(snapshot.document.before(snapshot.cursor, _AROUND_CHARS)),
        after=unix_newlines(snapshot.document.after(snapshot.cursor, _AROUND_CHARS))[
            placed.replaces :
        ],
        language_id=snapshot.document.language_id,
        complete=generation.complete,
    )
    record.judged = judge(candidate, parts.filters)
    blocked = record.judged.blocked_by
    if blocked is not None:
        kind = OutcomeKind.TIMEOUT if late else OutcomeKind.FILTERED
        return record.ends(kind, blocked.rule, rule=blocked.rule)
    reason = "deadline" if late else "model"
    return _answer(snapshot, record.judged.text, placed.replaces, parts, record, reason=reason)


def _answer(
    snapshot: Snapshot, text: str, replaces: int, parts: Parts, record: _Record, *, reason: str
) -> Outcome:
    if not text:
        return record.ends(OutcomeKind.EMPTY, reason)
    end = Point(snapshot.cursor.line, snapshot.cursor.column + replaces)
    suggestion = Suggestion(id=parts.new_id(), text=text, start=snapshot.cursor, end=end)
    return record.ends(OutcomeKind.SHOWN, reason, suggestions=(suggestion,))


def _remember(snapshot: Snapshot, outcome: Outcome, memory: Memory) -> None:
    """Also that there was nothing: the same place need not be asked about twice."""
    document, cursor = snapshot.document, snapshot.cursor
    text, replaces = "", 0
    for suggestion in outcome.suggestions:
        text, replaces = suggestion.text, suggestion.end.column - cursor.column
    memory.cache.put(Entry(document, cursor, text, replaces))


def _surroundings(
    snapshot: Snapshot, settings: CompletionSettings, decision: Decision
) -> Surroundings:
    document = snapshot.document
    return Surroundings(
        extent=decision.extent,
        language=language_for(document.language_id, snapshot.path),
        head=_line_around(snapshot)[0],
        below=first_code_line_below(document, snapshot.cursor.line),
        max_lines=settings.max_lines,
    )


def _line_around(snapshot: Snapshot) -> tuple[str, str]:
    line = snapshot.document.line_text(snapshot.cursor.line)
    return line[: snapshot.cursor.column], line[snapshot.cursor.column :]
