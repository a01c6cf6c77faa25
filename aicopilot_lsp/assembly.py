"""The composition root: settings in, a working Engine out. What lsp/ and cli/ are built on.

It alone joins the rooms: it makes the backends that the settings name, says which of them may see a
file (routing.py), and hands them and the filters of the catalogue to the pipeline. It opens no
connection and starts no process; the first request does.
"""

import asyncio
import itertools
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aicopilot_lsp import plugins, routing
from aicopilot_lsp.completion.outcomes import Outcomes
from aicopilot_lsp.completion.types import Outcome, OutcomeKind, Snapshot, Trigger
from aicopilot_lsp.config.settings import ModelSettings, Settings
from aicopilot_lsp.errors import AicopilotError, ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.text.languages import language_id_for

if TYPE_CHECKING:
    from aicopilot_lsp.completion.budget import Budget
    from aicopilot_lsp.completion.failover import Choice
    from aicopilot_lsp.completion.memory import Memory
    from aicopilot_lsp.completion.pipeline import Parts
    from aicopilot_lsp.completion.resting import Resting
    from aicopilot_lsp.completion.speed import Speeds
    from aicopilot_lsp.context.engine import ContextEngine
    from aicopilot_lsp.context.index.service import Status
    from aicopilot_lsp.context.index.services import IndexServices
    from aicopilot_lsp.context.types import Gathered
    from aicopilot_lsp.models.guarded import Served
    from aicopilot_lsp.models.protocol import Backend, Usage
    from aicopilot_lsp.speed_store import SpeedStore

_log = logging.getLogger(__name__)
ROLE = "autocomplete"
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
        self._state_dir, self._cache_dir = state_dir, cache_dir
        self._clock, self._sleep = clock, sleep
        self._served: dict[str, Served] = {}  # by name
        self._parts: Parts | None = None
        self._memory: Memory | None = None
        self._remembers_speed = remembers_speed
        self._speeds: Speeds | None = None  # kept when settings change
        self._speed_store: SpeedStore | None = None
        self._outcomes = Outcomes()
        self._in_flight: set[asyncio.Task[object]] = set()
        self._retiring: set[asyncio.Task[None]] = set()
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
        uri = snapshot.document.uri
        self._end_rest()
        try:
            outcome = await self._complete(snapshot)
        except asyncio.CancelledError as error:
            self.note(uri, OutcomeKind.SUPERSEDED if SUPERSEDED in error.args else _CANCELLED)
            raise
        finally:
            self._in_flight.discard(task)
        self._record(uri, outcome)
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
        return self._serve(model or self._completing()[0], self._served).backend

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
        return any(served.backend.starting for served in self._served.values())

    async def readiness(self) -> str | None:
        """None when a model is configured and present, else what to do about the first (for a
        person). Starts nothing and connects to nothing."""
        first: str | None = None
        try:
            models = self._completing()
        except ModelError as error:
            return str(error)
        for model in models:
            try:
                advice = await self._serve(model, self._served).backend.readiness()
            except AicopilotError as error:
                advice = str(error)
            if advice is None:
                return None
            first = first or advice
        return first

    async def reconfigure(self, settings: Settings) -> None:
        """Take over new settings; requests in flight end with the old ones."""
        if settings == self.settings:
            return
        old, self.settings = self.settings, settings
        self._end_rest()
        if self._context is not None:
            await self._context.reconfigure(settings)
        # Requests in flight keep the parts and the memory that they began with.
        self._parts, self._memory = None, None
        if (old.models, old.embedded) == (settings.models, settings.embedded):
            # With new breakers: what was wrong may have been mended by what has changed.
            for name, one in self._served.items():
                self._served[name] = one.anew(self._clock)
            return
        # What a request in flight opens from now on is put into the old ones, and closed with them.
        served, self._served = self._served, {}
        closing = asyncio.create_task(_close_after(served, set(self._in_flight)))
        self._retiring.add(closing)
        closing.add_done_callback(self._retiring.discard)

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
        if self._context is not None:
            self._context.document_closed(uri)
        if self._memory is not None:
            self._memory.forget(uri)

    def folder_removed(self, root: Path) -> None:
        """It is no part of the workspace any longer: let go of its index."""
        if self._context is not None:
            self._context.folder_removed(root)

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
        served, self._served = self._served, {}
        for one in served.values():
            await one.aclose()
        await asyncio.gather(*self._retiring)
        if self._context is not None:
            await self._context.aclose()
        if self._speeds is not None and self._speed_store is not None:
            await self._speed_store.aclose(self._speeds)

    def _completing(self) -> tuple[ModelSettings, ...]:
        models = self.settings.models_for(ROLE)
        if not models:
            raise ModelError(
                "No model is configured for completion. Add a [[models]] table with the role"
                f' "{ROLE}"; `aicopilot config path` says where.',
                kind=ModelErrorKind.NOT_CONFIGURED,
            )
        return models

    def _serve(self, model: ModelSettings, all_served: "dict[str, Served]") -> "Served":
        """The model at work, made when it is not yet among `all_served`. Raises ConfigError when
        its provider is unknown or its settings can't be used."""
        from aicopilot_lsp.models.breaker import Breaker
        from aicopilot_lsp.models.guarded import Served

        found = all_served.get(model.name)
        if found is None:
            context = plugins.BackendContext(
                embedded=self.settings.embedded,
                state_dir=self._state_dir,
                cache_dir=self._cache_dir,
            )
            backend = plugins.backend_factory(model.provider)(model, context)
            found = all_served[model.name] = Served(model.name, backend, Breaker(self._clock))
        return found

    def _choice(self, snapshot: Snapshot) -> "Choice":
        """The models that a snapshot may be shown to. Raises ModelError when none is configured."""
        from aicopilot_lsp.completion.failover import Choice, NamedModel

        self._completing()
        place = routing.Place(snapshot.path, snapshot.document.language_id, snapshot.aliases)
        routed = routing.route(self.settings, ROLE, place)
        on_purpose, settings = snapshot.trigger is Trigger.INVOKED, self.settings
        served = self._served  # as long as this request lasts, whatever the settings say then

        def opened(model: ModelSettings) -> "Callable[[], Awaitable[Backend]]":
            async def backend() -> "Backend":
                try:
                    return self._serve(model, served).guarded(on_purpose=on_purpose)
                except ConfigError as error:
                    said = str(error)
                    known = repr(model.name) in said
                    text = said if known else f"The model {model.name!r} can't be used. {said}"
                    raise ModelError(text, kind=ModelErrorKind.NOT_CONFIGURED) from error

            return backend

        def may_show(model: ModelSettings) -> "Callable[[str], bool]":
            def shows(path: str) -> bool:
                whole = f"{snapshot.around.root}/{path}"
                other = routing.Place(path, language_id_for(path), (whole,))
                return routing.may_see(settings, model, other)

            return shows

        models = tuple(
            NamedModel(model.name, opened(model), may_show(model)) for model in routed.models
        )
        return Choice(models, routed.refusal)

    def _pipeline_parts(self) -> "Parts":
        from aicopilot_lsp.completion.pipeline import NoContext, Parts
        from aicopilot_lsp.filters.builtin import in_order

        if self._parts is None:
            self._parts = Parts(
                models=self._choice,
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


async def _close_after(served: "Mapping[str, Served]", requests: set[asyncio.Task[object]]) -> None:
    """Close backends that are not used any more, once the requests that use them have ended."""
    if requests:
        await asyncio.wait(requests)
    for one in served.values():
        await one.aclose()


class _Elsewhere:
    """The context engine as the pipeline asks it."""

    def __init__(self, engine: "ContextEngine") -> None:
        self._engine = engine

    def follow(self, snapshot: Snapshot) -> None:
        self._engine.follow(snapshot.document, snapshot.path, snapshot.around)

    async def look(self, snapshot: Snapshot, *, patient: bool = False) -> "Gathered | None":
        return await self._engine.gather(
            snapshot.document, snapshot.cursor, snapshot.path, snapshot.around, patient=patient
        )
