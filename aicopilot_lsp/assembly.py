"""The composition root: settings in, a working Engine out. What lsp/ and cli/ are built on.

It alone joins the rooms: it picks the backend the settings name, the filters the catalogue holds,
and hands them to the pipeline. It opens no connection and starts no process; the first request
does.
"""

import asyncio
import itertools
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aicopilot_lsp import plugins
from aicopilot_lsp.completion.types import Outcome, OutcomeKind, Snapshot
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.errors import AicopilotError, ConfigError, ModelError, ModelErrorKind

if TYPE_CHECKING:
    from aicopilot_lsp.completion.pipeline import Memory, Parts
    from aicopilot_lsp.completion.speed import Speeds
    from aicopilot_lsp.models.protocol import Backend

_log = logging.getLogger(__name__)
_REMEMBERED_DOCUMENTS = 64
ROLE = "autocomplete"
SUPERSEDED = OutcomeKind.SUPERSEDED.value
_CANCELLED = OutcomeKind.CANCELLED
_ORDINARY_ENDS = (OutcomeKind.CANCELLED, OutcomeKind.SUPERSEDED)


class Engine:
    """Everything behind the faces. Owned by one event loop.

    Parameters
    ----------
    state_dir, cache_dir : Path
        Where the model process keeps its address and where model files are.
    clock, sleep
        Seconds, monotonic; handed in by tests.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        state_dir: Path,
        cache_dir: Path,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self._state_dir, self._cache_dir = state_dir, cache_dir
        self._clock, self._sleep = clock, sleep
        self._backend: Backend | None = None
        self._parts: Parts | None = None
        self._memory: Memory | None = None
        self._speeds: Speeds | None = None  # kept when settings change
        self._outcomes: OrderedDict[str, Outcome] = OrderedDict()
        self._in_flight: set[asyncio.Task[object]] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._ids = itertools.count(1)

    async def complete(self, snapshot: Snapshot) -> Outcome:
        """Carry one request through the pipeline. Never raises for a model's or a filter's fault.

        Cancelling the task that awaits it closes the model call; a cancel message of SUPERSEDED
        makes that the recorded outcome.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker: a coroutine runs in a task
        self._in_flight.add(task)
        uri = snapshot.document.uri
        try:
            outcome = await self._complete(snapshot)
        except asyncio.CancelledError as error:
            self.note(uri, OutcomeKind.SUPERSEDED if SUPERSEDED in error.args else _CANCELLED)
            raise
        finally:
            self._in_flight.discard(task)
        self._record(uri, outcome)
        return outcome

    async def _complete(self, snapshot: Snapshot) -> Outcome:
        # Imported with the first request: the server answers `initialize` without it (INV-11).
        from aicopilot_lsp.completion import pipeline
        from aicopilot_lsp.completion.speed import Speeds

        if self._memory is None:
            self._speeds = self._speeds or Speeds()
            self._memory = pipeline.Memory(speeds=self._speeds)
        try:
            return await pipeline.complete(
                snapshot, self.settings.completion, self._pipeline_parts(), self._memory
            )
        except ConfigError as error:
            reason = ModelErrorKind.NOT_CONFIGURED.value
            return Outcome(kind=OutcomeKind.MODEL_ERROR, reason=reason, message=str(error))

    def note(self, uri: str, kind: OutcomeKind, reason: str | None = None) -> None:
        """Record the outcome of a request that ended before it came to the pipeline."""
        self._record(uri, Outcome(kind=kind, reason=reason or kind.value))

    async def backend(self) -> "Backend":
        """The configured model's backend, made when first asked for.

        Raises ModelError (NOT_CONFIGURED) when no model serves completion, ConfigError when its
        provider is unknown.
        """
        if self._backend is None:
            chosen = self.settings.model_for(ROLE)
            if chosen is None:
                raise ModelError(
                    "No model is configured for completion. Add a [[models]] table with the role"
                    f' "{ROLE}"; `aicopilot config path` says where.',
                    kind=ModelErrorKind.NOT_CONFIGURED,
                )
            context = plugins.BackendContext(
                embedded=self.settings.embedded,
                state_dir=self._state_dir,
                cache_dir=self._cache_dir,
            )
            self._backend = plugins.backend_factory(chosen.provider)(chosen, context)
        return self._backend

    @property
    def starting(self) -> bool:
        """Whether the model is being started or loaded at this moment."""
        return self._backend is not None and self._backend.starting

    async def readiness(self) -> str | None:
        """None when a model is configured and present, else what to do about it (for a person).
        Starts nothing and connects to nothing."""
        try:
            return await (await self.backend()).readiness()
        except AicopilotError as error:
            return str(error)

    async def reconfigure(self, settings: Settings) -> None:
        """Take over new settings; requests in flight end with the old ones."""
        if settings == self.settings:
            return
        old, self.settings = self.settings, settings
        # Requests in flight keep the parts and the memory that they began with.
        self._parts, self._memory = None, None
        if (old.models, old.embedded) != (settings.models, settings.embedded) and self._backend:
            backend, self._backend = self._backend, None
            closing = asyncio.create_task(_close_after(backend, set(self._in_flight)))
            self._retiring.add(closing)
            closing.add_done_callback(self._retiring.discard)

    def document_closed(self, uri: str) -> None:
        """Forget what was remembered for `uri`."""
        self._outcomes.pop(uri, None)
        if self._memory is not None:
            self._memory.forget(uri)

    def accepted(self, suggestion_id: str) -> None:
        """The editor's user accepted this suggestion."""
        # The id comes from the client: what is not one of ours may be anything (INV-7).
        if re.fullmatch(r"s\d{1,12}", suggestion_id):
            _log.info("accepted %s", suggestion_id)

    def last_outcome(self, uri: str) -> Outcome | None:
        """The latest outcome for `uri`, for "Why no suggestion here?"."""
        return self._outcomes.get(uri)

    async def aclose(self) -> None:
        """End model calls and connections; the embedded model's process stays for other editors."""
        if self._backend is not None:
            backend, self._backend = self._backend, None
            await backend.aclose()
        await asyncio.gather(*self._retiring)

    def _pipeline_parts(self) -> "Parts":
        from aicopilot_lsp.completion.pipeline import Parts
        from aicopilot_lsp.filters.builtin import in_order

        if self._parts is None:
            self._parts = Parts(
                backend=self.backend,
                filters=in_order(plugins.filters(), self.settings.filters.disabled),
                clock=self._clock,
                sleep=self._sleep,
                new_id=lambda: f"s{next(self._ids)}",
                latency=self.settings.latency,
            )
        return self._parts

    def _record(self, uri: str, outcome: Outcome) -> None:
        """Keep the outcome, and log it without a word of text (INV-7)."""
        self._outcomes[uri] = outcome
        self._outcomes.move_to_end(uri)
        while len(self._outcomes) > _REMEMBERED_DOCUMENTS:
            self._outcomes.popitem(last=False)
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


async def _close_after(backend: "Backend", requests: set[asyncio.Task[object]]) -> None:
    """Close a backend that is not used any more, once the requests that use it have ended."""
    if requests:
        await asyncio.wait(requests)
    await backend.aclose()
