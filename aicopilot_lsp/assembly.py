"""The composition root: settings in, a working Engine out. What lsp/ and cli/ are built on.

It alone joins the rooms: it hands the models that the settings name (serving.py), the filters of
the catalogue and the context engine to the pipeline, keeps what one request leaves for the next,
and has models read ahead in rests. It opens no connection and starts no process; the first request
does.
"""

import asyncio
import itertools
import logging
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aicopilot_lsp import plugins
from aicopilot_lsp.completion.outcomes import Outcomes
from aicopilot_lsp.completion.types import Outcome, OutcomeKind, Snapshot
from aicopilot_lsp.config.settings import ModelSettings, Settings
from aicopilot_lsp.serving import Models

if TYPE_CHECKING:
    from aicopilot_lsp.completion.budget import Budget
    from aicopilot_lsp.completion.memory import Memory
    from aicopilot_lsp.completion.pipeline import Parts
    from aicopilot_lsp.completion.resting import Resting
    from aicopilot_lsp.completion.speed import Speeds
    from aicopilot_lsp.context.engine import ContextEngine
    from aicopilot_lsp.context.index.service import Status
    from aicopilot_lsp.context.index.services import IndexServices
    from aicopilot_lsp.context.types import Gathered
    from aicopilot_lsp.models.protocol import Backend, Usage
    from aicopilot_lsp.speed_store import SpeedStore

_log = logging.getLogger(__name__)
SUPERSEDED = OutcomeKind.SUPERSEDED.value
_CANCELLED = OutcomeKind.CANCELLED
_ORDINARY_ENDS = (OutcomeKind.CANCELLED, OutcomeKind.SUPERSEDED)


def context_engine(
    settings: Settings,
    directory: Path,
    indexes: "IndexServices | None" = None,
) -> "ContextEngine":
    """The context engine over the sources of the catalogue; indexes are kept in `directory`."""
    from aicopilot_lsp.context.engine import ContextEngine

    return ContextEngine(
        settings,
        sources=lambda settings: plugins.sources(settings.context.unasked_sources),
        directory=directory,
        indexes=indexes,
    )


class Engine:
    """Everything behind the faces. Owned by one event loop.

    Parameters
    ----------
    state_dir, cache_dir : Path
        Where the model process keeps its address and where model files are.
    clock, sleep
        Seconds, monotonic; handed in by tests.
    remembers_speed : bool
        Whether what is measured of models is kept for the next session.
    context : ContextEngine or None
        Where text from elsewhere comes from; None: there is only the file's own.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        state_dir: Path,
        cache_dir: Path,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        remembers_speed: bool = True,
        context: "ContextEngine | None" = None,
    ) -> None:
        self.settings = settings
        self._state_dir = state_dir
        self._clock, self._sleep = clock, sleep
        self._models = Models(settings, state_dir=state_dir, cache_dir=cache_dir, clock=clock)
        self._parts: Parts | None = None
        self._memory: Memory | None = None
        self._remembers_speed = remembers_speed
        self._speeds: Speeds | None = None  # kept when settings change
        self._speed_store: SpeedStore | None = None
        self._outcomes = Outcomes()
        self._in_flight: set[asyncio.Task[object]] = set()
        self._ids = itertools.count(1)
        self._context = context
        self._resting: Resting | None = None

    async def complete(self, snapshot: Snapshot) -> Outcome:
        """Carry one request through the pipeline. Never raises for a model's or a filter's fault.

        Cancelling the task that awaits it closes the model call; a cancel message of SUPERSEDED
        makes that the recorded outcome.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker: a coroutine runs in a task
        self._in_flight.add(task)
        uri, settings = snapshot.document.uri, self.settings
        self._end_rest()
        try:
            outcome = await self._complete(snapshot)
        except asyncio.CancelledError as error:
            self.note(uri, OutcomeKind.SUPERSEDED if SUPERSEDED in error.args else _CANCELLED)
            raise
        finally:
            self._in_flight.discard(task)
        self._record(uri, outcome)
        # Under others the snapshot may hold text of files that are excluded now.
        if settings is self.settings and not self._in_flight:
            self._rest(snapshot)
        return outcome

    async def read_ahead(self, snapshot: Snapshot) -> "Usage | None":
        """Have the model read what a request for `snapshot` would begin with; what that cost, None
        where there was nothing to read. Cancelled by the next request."""
        from aicopilot_lsp.completion.warming import warm

        memory = await self._known_memory()
        return await warm(snapshot, self.settings.completion, self._pipeline_parts(), memory)

    def _rest(self, snapshot: Snapshot) -> None:
        """Read ahead when nothing is asked for a while."""
        from aicopilot_lsp.completion.resting import Resting

        after_ms = self.settings.completion.read_ahead_ms
        if self._context is not None and after_ms:
            self._resting = self._resting or Resting(self._sleep, self.read_ahead)
            self._resting.begin(snapshot, after_ms / 1000)

    def _end_rest(self) -> None:
        if self._resting is not None:
            self._resting.end()

    async def _complete(self, snapshot: Snapshot) -> Outcome:
        # Imported with the first request: the server answers `initialize` without it (INV-11).
        from aicopilot_lsp.completion import pipeline

        memory = await self._known_memory()
        try:
            return await pipeline.complete(
                snapshot, self.settings.completion, self._pipeline_parts(), memory
            )
        finally:
            if self._speed_store is not None:
                self._speed_store.keep(memory.speeds)

    async def _known_memory(self) -> "Memory":
        """What earlier requests left, as long as the settings are the same."""
        from aicopilot_lsp.completion.memory import Memory

        speeds = await self._known_speeds()
        if self._memory is None:
            self._memory = Memory(speeds=speeds)
        return self._memory

    async def _known_speeds(self) -> "Speeds":
        """Those of this session; at its first request, what the last one left."""
        if self._speeds is None and self._remembers_speed:
            from aicopilot_lsp.speed_store import SpeedStore

            store = SpeedStore(self._state_dir, self._clock)
            loaded = await store.load()
            if self._speeds is None:  # another request may have been first
                self._speeds, self._speed_store = loaded, store
        elif self._speeds is None:
            from aicopilot_lsp.completion.speed import Speeds

            self._speeds = Speeds()
        return self._speeds

    def note(self, uri: str, kind: OutcomeKind, reason: str | None = None) -> None:
        """Record the outcome of a request that ended before it came to the pipeline."""
        self._record(uri, Outcome(kind=kind, reason=reason or kind.value))

    async def backend(self, model: ModelSettings | None = None) -> "Backend":
        """The backend of `model`, by default of the first for completion, made when first asked
        for, without what guards it in requests: for commands that look at a model.

        Raises ModelError (NOT_CONFIGURED) when no model serves completion, ConfigError when its
        provider is unknown.
        """
        return self._models.backend(model)

    async def sizes(self) -> "tuple[Budget, Budget]":
        """How large prompts and answers of the first model are at present: for a line while one
        types, and for a block asked for by hand. Raises what `backend` does."""
        from aicopilot_lsp.completion.budget import planned
        from aicopilot_lsp.completion.speed import identity_of

        backend = await self.backend()
        speed = (await self._known_speeds()).of(identity_of(backend.model, backend.site))
        return planned(speed, backend.site, self.settings.completion, self.settings.latency)

    @property
    def starting(self) -> bool:
        """Whether a model is being started or loaded at this moment."""
        return self._models.starting

    async def readiness(self) -> str | None:
        """None when a model is configured and present, else what to do about the first (for a
        person). Starts nothing and connects to nothing."""
        return await self._models.readiness()

    async def reconfigure(self, settings: Settings) -> None:
        """Take over new settings; requests in flight end with the old ones."""
        if settings == self.settings:
            return
        self.settings = settings
        self._end_rest()
        # Requests in flight keep the parts and the memory that they began with.
        self._parts, self._memory = None, None
        self._models.reconfigure(settings, self._in_flight)
        if self._context is not None:
            await self._context.reconfigure(settings)

    async def context_ready(self, root: Path) -> "Status | None":
        """Return when the index of `root` is up to date, or there will be none; how it is doing
        then. For commands: a server begins with the first request."""
        return None if self._context is None else await self._context.ready(root)

    def forget_suggestions(self, uri: str) -> None:
        """Ask the model again where it was asked before."""
        if self._memory is not None:
            self._memory.cache.forget(uri)

    def document_closed(self, uri: str) -> None:
        """Forget what was remembered for `uri`."""
        self._outcomes.forget(uri)
        if self._resting is not None:
            self._resting.forget(uri)
        if self._context is not None:
            self._context.document_closed(uri)
        if self._memory is not None:
            self._memory.forget(uri)

    def folder_removed(self, root: Path) -> None:
        """It is no part of the workspace any longer: let go of its index."""
        if self._context is not None:
            self._context.folder_removed(root)
        self.elsewhere_changed()

    def elsewhere_changed(self) -> None:
        """Other files may be shown than before: forget what models have read, for that is shown to
        them again as long as their prompts begin alike."""
        self._end_rest()
        if self._memory is not None:
            self._memory.models.clear()

    def accepted(self, suggestion_id: str) -> None:
        """The editor's user accepted this suggestion."""
        # The id comes from the client: what is not one of ours may be anything (INV-7).
        if re.fullmatch(r"s\d{1,12}", suggestion_id):
            _log.info("accepted %s", suggestion_id)

    def last_outcome(self, uri: str) -> Outcome | None:
        """The latest outcome for `uri`, for "Why no suggestion here?"."""
        return self._outcomes.latest(uri)

    def last_asked(self, uri: str) -> Outcome | None:
        """The latest outcome for `uri` with what a model was sent, of the few documents that a
        model was asked for last: for "Explain this suggestion"."""
        return self._outcomes.asked(uri)

    async def aclose(self) -> None:
        """End model calls and connections; the embedded model's process stays for other editors."""
        self._end_rest()
        await self._models.aclose()
        if self._context is not None:
            await self._context.aclose()
        if self._speeds is not None and self._speed_store is not None:
            await self._speed_store.aclose(self._speeds)

    def _pipeline_parts(self) -> "Parts":
        from aicopilot_lsp.completion.pipeline import NoContext, Parts
        from aicopilot_lsp.filters.builtin import in_order

        if self._parts is None:
            self._parts = Parts(
                models=self._models.choice,
                filters=in_order(plugins.filters(), self.settings.filters.disabled),
                clock=self._clock,
                sleep=self._sleep,
                new_id=lambda: f"s{next(self._ids)}",
                latency=self.settings.latency,
                context=NoContext() if self._context is None else _Elsewhere(self._context),
            )
        return self._parts

    def _record(self, uri: str, outcome: Outcome) -> None:
        """Keep the outcome, and log it without a word of text (INV-7)."""
        self._outcomes.put(uri, outcome)
        level = logging.DEBUG if outcome.kind in _ORDINARY_ENDS else logging.INFO
        _log.log(
            level,
            "outcome=%s reason=%s model=%s tokens=%s timings_ms=%s",
            outcome.kind.value,
            outcome.reason,
            outcome.model or "-",
            outcome.tokens,
            dict(outcome.timings_ms),
        )


class _Elsewhere:
    """The context engine as the pipeline asks it."""

    def __init__(self, engine: "ContextEngine") -> None:
        self._engine = engine

    def follow(self, snapshot: Snapshot) -> None:
        self._engine.follow(snapshot.document, snapshot.path, snapshot.around)

    async def look(
        self, snapshot: Snapshot, *, patient: bool = False, worth_ms: float = 0.0
    ) -> "Gathered | None":
        return await self._engine.gather(
            snapshot.document,
            snapshot.cursor,
            snapshot.path,
            snapshot.around,
            patient=patient,
            worth_ms=worth_ms,
        )
