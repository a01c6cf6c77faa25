"""The embedded backend: the llama.cpp backend, plus a process that is there when it is needed.

Requests go through HttpBackend; what is added is where to find the server (`_find`: start the
process, wait for the model) and what to do when it is lost. A process that ended because nobody
used it is started again within the same request; one that crashed is reported once and started
again after a pause (restarts.py). It never takes the language server along. The model is selected
anew at each start, since `aicopilot model use` ends the process and leaves the editors running.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.errors import (
    ConfigError,
    ModelError,
    ModelErrorKind,
    ModelFileError,
    ModelProcessError,
)
from aicopilot_lsp.models import failures
from aicopilot_lsp.models.embedded import store, supervisor, wanted
from aicopilot_lsp.models.embedded.catalogue import CatalogueEntry
from aicopilot_lsp.models.embedded.record import log_path, process_dir
from aicopilot_lsp.models.embedded.restarts import Restarts
from aicopilot_lsp.models.embedded.supervisor import Running
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.hosted import declared_as
from aicopilot_lsp.models.http import Transport
from aicopilot_lsp.models.httpbackend import HttpBackend, Locate
from aicopilot_lsp.models.llamacpp import LlamaCppApi
from aicopilot_lsp.models.protocol import (
    BackendInfo,
    GenerateRequest,
    Mode,
    Prompting,
    Site,
    StreamEvent,
    TextChunk,
)
from aicopilot_lsp.models.shared_work import SharedWork
from aicopilot_lsp.plugins import BackendContext

T = TypeVar("T")

_LOST = frozenset((ModelErrorKind.UNREACHABLE, ModelErrorKind.INTERRUPTED, ModelErrorKind.AUTH))
_WHERE = "this machine"
_CRASH_SEEN_S = 1.0  # a broken connection is noticed before its process is quite gone
_POLL_S = 0.02


def create(settings: ModelSettings, context: BackendContext) -> "EmbeddedBackend":
    """The backend of `provider = "embedded"`. Starts nothing; the first call does.

    Raises
    ------
    ConfigError
        The settings name a model that is not in the catalogue, or a way to ask that it has not.
    """
    return EmbeddedBackend(settings, context, clock=time.monotonic)


class EmbeddedBackend:
    """A Backend over the model process of this user; see models/protocol.py."""

    def __init__(
        self, settings: ModelSettings, context: BackendContext, *, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._context = context
        self._restarts = Restarts(clock)
        self._transport = Transport()
        self._running: Running | None = None
        self._lost_pid: int | None = None
        self._starting = SharedWork[Running]()
        try:
            entry = self._selected()
        except ModelFileError as error:
            raise ConfigError(str(error)) from error
        self._api = LlamaCppApi()
        self._inner = HttpBackend(
            self._api,
            self._locate,
            prompting=self._declared(entry),
            model=entry.name,
            where=_WHERE,
            transport=self._transport,
        )

    @property
    def model(self) -> str:
        return self._inner.model

    @property
    def site(self) -> Site:
        """See Backend.site."""
        return Site(window_tokens=self._context.embedded.context_tokens)

    @property
    def prompting(self) -> Prompting:
        return self._inner.prompting

    @property
    def starting(self) -> bool:
        """See Backend.starting."""
        return self._starting.running

    def contacted(self) -> tuple[str, ...]:
        return self._inner.contacted()

    async def prepare(self) -> None:
        """Start the process and load the model, for those who know that it will be needed.

        Raises
        ------
        ModelError
            As `generate` would.
        """
        await self._find()

    async def endpoint(self) -> Endpoint:
        """Where the model answers; starts it. For checks that go past this interface."""
        return await self._locate()

    async def generate(
        self, request: GenerateRequest, *, mode: Mode | None = None
    ) -> AsyncGenerator[StreamEvent, None]:
        """See Backend.generate, and HttpBackend's for `mode`."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + request.deadline_s
        prompting = self.prompting
        wrote = retried = False
        while True:
            left_s = max(0.0, ends_at - loop.time())
            call = _Call(self, prompting)
            try:
                async with aclosing(
                    self._inner.generate(
                        replace(request, deadline_s=left_s), mode=mode, locate=call.locate
                    )
                ) as events:
                    async for event in events:
                        # What only tells how far the prompt is read may be told once more.
                        wrote = wrote or not isinstance(event, TextChunk) or bool(event.text)
                        yield event
            except ModelError as error:
                failure = await self._explained(error, call.running)
                if failure is None and (wrote or retried):
                    failure = failures.process_stopped()
                if failure is not None:
                    raise failure from error
                retried = True
            else:
                return

    async def tokenize(self, text: str, *, special: bool = False) -> tuple[str, ...] | None:
        """See Backend.tokenize, and HttpBackend's for `special`."""
        return await self._twice(
            lambda locate: self._inner.tokenize(text, special=special, locate=locate)
        )

    async def describe(self) -> BackendInfo:
        """See Backend.describe. Starts the process when it does not run."""
        info = await self._twice(lambda locate: self._inner.describe(locate=locate))
        return replace(info, model=self.model)

    async def readiness(self) -> str | None:
        """See Backend.readiness."""
        return await asyncio.to_thread(
            lambda: wanted.missing(self._selected(), self._context.cache_dir)
        )

    async def aclose(self) -> None:
        """Let go of the process, which stays for other editors."""
        await self._starting.aclose()
        await self._inner.aclose()

    async def _twice(self, ask: Callable[[Locate], Awaitable[T]]) -> T:
        """`ask`, once more if the process had ended in order."""
        call = _Call(self)
        try:
            return await ask(call.locate)
        except ModelError as error:
            if failure := await self._explained(error, call.running):
                raise failure from error
        return await ask(self._locate)

    async def _locate(self) -> Endpoint:
        return (await self._find()).endpoint

    async def _find(self) -> Running:
        """The process; starts it where needed. All callers share one start, and a caller that is
        cancelled does not stop it: the next one needs it as well."""
        while (running := self._running) is not None:
            # Somebody else may listen at the address of a process that has ended.
            if await asyncio.to_thread(supervisor.is_there, self._state_dir, running.pid):
                return running
            if failure := await self._lost(running):
                raise failure
        return await self._starting.do(self._start)

    async def _start(self) -> Running:
        await self._note_end()
        if wait_s := self._restarts.wait_s():
            raise failures.process_rests(wait_s, self._log)
        entry, lacking = await asyncio.to_thread(self._selected_now)
        if lacking is not None:
            raise ModelError(lacking, kind=ModelErrorKind.NOT_INSTALLED)
        spec = wanted.process_spec(entry, self._context.embedded, self._context.cache_dir)
        try:
            running = await supervisor.ensure(spec, self._state_dir, self._transport)
        except ModelProcessError as error:
            self._restarts.broke_down()
            raise ModelError(
                str(error),
                kind=ModelErrorKind.UNREACHABLE,
                retry_after_s=self._restarts.wait_s(),
            ) from error
        self._restarts.started()
        if entry.name != self.model:
            self._inner.serve(model=entry.name, prompting=self._declared(entry))
        self._running = running
        return running

    async def _note_end(self) -> None:
        """Learn how the process that was lost has ended, if it has."""
        pid, self._lost_pid = self._lost_pid, None
        if pid is None:
            return
        if await asyncio.to_thread(supervisor.crashed, self._state_dir, pid):
            self._restarts.broke_down()
        elif await asyncio.to_thread(supervisor.left, self._state_dir, pid):
            self._restarts.stopped()

    async def _explained(self, error: ModelError, used: Running | None) -> ModelError | None:
        """What to raise for `error` of a call that went to `used`; None when it may be made again
        at once."""
        if error.kind is ModelErrorKind.TIMEOUT and self.starting:
            return failures.still_loading()
        where = _WHERE if used is None else used.endpoint.display
        if used is None or error.kind not in _LOST:
            return failures.of_embedded(error, where)
        clock = asyncio.get_running_loop().time
        ends_at = clock() + _CRASH_SEEN_S
        # Where another call has found its end already, what is there now is asked.
        while self._running is used:
            if not await asyncio.to_thread(supervisor.is_there, self._state_dir, used.pid):
                return await self._lost(used)
            if clock() > ends_at:
                # It lives; only this exchange failed.
                if error.kind is ModelErrorKind.INTERRUPTED:
                    return failures.embedded_broke_off(self._log)
                return failures.of_embedded(error, where)
            await asyncio.sleep(_POLL_S)
        return None

    async def _lost(self, running: Running) -> ModelError | None:
        """Let go of a process that is no longer there; what to say if it has crashed."""
        if self._running is running:
            self._running = None
            self._lost_pid = running.pid
        if not await asyncio.to_thread(supervisor.crashed, self._state_dir, running.pid):
            return None
        return failures.process_broke_down(self._log)

    @property
    def _state_dir(self) -> Path:
        return self._context.state_dir

    @property
    def _log(self) -> str:
        return str(log_path(process_dir(self._state_dir)))

    def _declared(self, entry: CatalogueEntry) -> Prompting:
        """How its model wants to be asked: as the settings say, else as the catalogue does."""
        name = self._settings.fim_format or entry.fim_format
        if name == Mode.NATIVE.value:
            # llama.cpp cuts what `/infill` reads to a batch, and ours are small (engine.py).
            raise ConfigError(
                f'The model {self._settings.name!r} says fim_format = "native", and the embedded'
                " model's server would cut the text. Take it out: the format is known."
            )
        return declared_as(self._api, name, self._settings)

    def _selected(self) -> CatalogueEntry:
        return store.selected_model(
            self._settings.model,
            cache_dir=self._context.cache_dir,
            state_dir=self._context.state_dir,
        ).entry

    def _selected_now(self) -> tuple[CatalogueEntry, str | None]:
        entry, cache_dir = self._selected(), self._context.cache_dir
        return entry, wanted.missing(entry, cache_dir) or wanted.damaged(entry, cache_dir)


class _Call:
    """One exchange, for a prompt as `prompting` has it; knows which process it went to."""

    def __init__(self, backend: EmbeddedBackend, prompting: Prompting | None = None) -> None:
        self._backend = backend
        self._prompting = prompting
        self.running: Running | None = None

    async def locate(self) -> Endpoint:
        self.running = await self._backend._find()
        if self._prompting not in (None, self._backend.prompting):
            raise failures.other_model(self._backend.model)
        return self.running.endpoint
