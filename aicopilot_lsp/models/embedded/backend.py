"""The embedded backend: the llama.cpp backend, plus a process that is there when it is needed.

Requests go through LlamaCppBackend; what is added is where to find the server (`_locate`: start
the process, wait for the model) and what to do when it is lost. A process that ended because nobody
used it is started again within the same request; one that crashed is reported once and started
again after a pause (restarts.py). It never takes the language server along.
"""

import asyncio
import importlib.util
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.errors import (
    ConfigError,
    ModelError,
    ModelErrorKind,
    ModelFileError,
    ModelProcessError,
)
from aicopilot_lsp.models.embedded import store, supervisor
from aicopilot_lsp.models.embedded.record import ProcessSpec, log_path, process_dir
from aicopilot_lsp.models.embedded.restarts import Restarts
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.http import Transport
from aicopilot_lsp.models.llamacpp import LlamaCppBackend
from aicopilot_lsp.models.protocol import BackendInfo, GenerateRequest, StreamEvent
from aicopilot_lsp.plugins import BackendContext

T = TypeVar("T")

_LOST = frozenset((ModelErrorKind.UNREACHABLE, ModelErrorKind.INTERRUPTED, ModelErrorKind.AUTH))
_CRASH_SEEN_S = 1.0  # a broken connection is noticed before its process is quite gone
_POLL_S = 0.02


def create(settings: ModelSettings, context: BackendContext) -> "EmbeddedBackend":
    """The backend of `provider = "embedded"`. Starts nothing; the first call does.

    Raises
    ------
    ConfigError
        The settings name a model that is not in the catalogue.
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
        self._running: supervisor.Running | None = None
        self._lost_pid: int | None = None
        self._starting: asyncio.Task[supervisor.Running] | None = None
        try:
            entry = self._selected().entry
        except ModelFileError as error:
            raise ConfigError(str(error)) from error
        self._inner = LlamaCppBackend(
            self._locate,
            model=entry.name,
            where="the embedded model",
            fim_format=settings.fim_format or entry.fim_format,
            transport=self._transport,
        )

    @property
    def model(self) -> str:
        return self._inner.model

    @property
    def fim_format(self) -> str:
        return self._inner.fim_format

    @property
    def starting(self) -> bool:
        """See Backend.starting."""
        return self._starting is not None and not self._starting.done()

    def contacted(self) -> tuple[str, ...]:
        return self._inner.contacted()

    async def prepare(self) -> None:
        """Start the process and load the model, for those who know that it will be needed.

        Raises
        ------
        ModelError
            As `generate` would.
        """
        await self._locate()

    async def endpoint(self) -> Endpoint:
        """Where the model answers; starts it. For checks that go past this interface."""
        return await self._locate()

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent, None]:
        """See Backend.generate."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + request.deadline_s
        may_retry = True
        while True:
            left_s = max(0.0, ends_at - loop.time())
            try:
                async with aclosing(
                    self._inner.generate(replace(request, deadline_s=left_s))
                ) as events:
                    async for event in events:
                        may_retry = False
                        yield event
            except ModelError as error:
                failure = await self._explained(error)
                if failure is not None or not may_retry:
                    raise (failure or error) from error
                may_retry = False
            else:
                return

    async def tokenize(self, text: str) -> tuple[str, ...] | None:
        """See Backend.tokenize."""
        return await self._twice(lambda: self._inner.tokenize(text))

    async def describe(self) -> BackendInfo:
        """See Backend.describe. Starts the process when it does not run."""
        info = await self._twice(self._inner.describe)
        return replace(info, model=self.model)

    async def readiness(self) -> str | None:
        """See Backend.readiness."""
        return await asyncio.to_thread(self._missing)

    async def aclose(self) -> None:
        """Let go of the process, which stays for other editors."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self._inner.aclose()

    async def _twice(self, call: Callable[[], Awaitable[T]]) -> T:
        """`call`, once more if the process had ended in order."""
        try:
            return await call()
        except ModelError as error:
            if failure := await self._explained(error):
                raise failure from error
        return await call()

    async def _locate(self) -> Endpoint:
        """Where the model answers; starts it. All callers share one start, and a caller that is
        cancelled does not stop it: the next one needs it as well."""
        if self._running is None:
            if self._starting is None or self._starting.done():
                self._starting = asyncio.create_task(self._start())
                self._starting.add_done_callback(_retrieved)
            self._running = await asyncio.shield(self._starting)
        return self._running.endpoint

    async def _start(self) -> supervisor.Running:
        await self._note_end()
        if wait_s := self._restarts.wait_s():
            raise ModelError(
                f"The embedded model broke down; it is started again in {wait_s:.0f} s."
                f" Editing is not affected. Its log is {self._log}.",
                kind=ModelErrorKind.STARTING,
                retry_after_s=wait_s,
            )
        missing, spec = await asyncio.to_thread(lambda: (self._missing(), self._spec()))
        if missing is not None:
            raise ModelError(missing, kind=ModelErrorKind.NOT_INSTALLED)
        try:
            running = await supervisor.ensure(spec, self._context.state_dir, self._transport)
        except ModelProcessError as error:
            self._restarts.broke_down()
            raise ModelError(
                str(error),
                kind=ModelErrorKind.UNREACHABLE,
                retry_after_s=self._restarts.wait_s(),
            ) from error
        self._restarts.started()
        return running

    async def _note_end(self) -> None:
        """Learn how the process that was lost has ended, if it has."""
        pid, self._lost_pid = self._lost_pid, None
        if pid is None:
            return
        if await asyncio.to_thread(supervisor.crashed, self._context.state_dir, pid):
            self._restarts.broke_down()
        elif await asyncio.to_thread(supervisor.left, self._context.state_dir, pid):
            self._restarts.stopped()

    async def _explained(self, error: ModelError) -> ModelError | None:
        """What to raise for `error`; None when the call may be made again at once."""
        if error.kind is ModelErrorKind.TIMEOUT and self.starting:
            return ModelError(
                "The embedded model is still being loaded; suggestions begin when it is.",
                kind=ModelErrorKind.STARTING,
            )
        running = self._running
        if running is None or error.kind not in _LOST:
            return error
        self._running = None
        self._lost_pid = running.pid
        state_dir = self._context.state_dir
        ends_at = asyncio.get_running_loop().time() + _CRASH_SEEN_S
        while asyncio.get_running_loop().time() < ends_at:
            if await asyncio.to_thread(supervisor.left, state_dir, running.pid):
                return None
            if await asyncio.to_thread(supervisor.crashed, state_dir, running.pid):
                return ModelError(
                    "The embedded model's process broke down. Editing is not affected, and it is"
                    f" started again by itself. Its log is {self._log}.",
                    kind=ModelErrorKind.INTERRUPTED,
                )
            await asyncio.sleep(_POLL_S)
        return error  # it lives; only this exchange failed

    @property
    def _log(self) -> str:
        return str(log_path(process_dir(self._context.state_dir)))

    def _selected(self) -> store.Selection:
        return store.selected_model(
            self._settings.model,
            cache_dir=self._context.cache_dir,
            state_dir=self._context.state_dir,
        )

    def _missing(self) -> str | None:
        """What to do before the model can run, for a person."""
        entry = self._selected().entry
        if not store.is_installed(entry, self._context.cache_dir):
            return (
                f"No model yet: run `aicopilot model pull {entry.name}`"
                f" ({entry.size_bytes / 1e9:.1f} GB, once). Everything else works without it."
            )
        if importlib.util.find_spec("xllamacpp") is None:
            return (
                "The model is here, but llama.cpp is not: run"
                " `pip install 'aicopilot-lsp[local]'` in the environment of aicopilot-lsp."
            )
        return None

    def _spec(self) -> ProcessSpec:
        entry = self._selected().entry
        embedded = self._context.embedded
        return ProcessSpec(
            model=entry.name,
            path=str(store.model_path(entry, self._context.cache_dir)),
            sha256=entry.sha256,
            context_tokens=embedded.context_tokens,
            threads=embedded.threads,
            idle_s=embedded.idle_s,
        )


def _retrieved(task: "asyncio.Task[supervisor.Running]") -> None:
    """Nobody may be waiting for the start any more; its failure is told to the next caller."""
    if not task.cancelled():
        task.exception()
