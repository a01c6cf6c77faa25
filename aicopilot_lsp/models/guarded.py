"""A Backend around a Backend, for one request: asks only as far as the breaker lets it, and tells
the breaker what became of it.

It also keeps to `begin_within_s`, the time after which the next model is asked. A call that its
caller takes back tells nothing, but for a probe: that is heard out in the background as far as the
first sign of life, or else a user who types all the time would never learn that the model is back.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.breaker import Breaker, Permit
from aicopilot_lsp.models.protocol import (
    Backend,
    BackendInfo,
    GenerateRequest,
    Prompting,
    Site,
    StreamEvent,
    TextChunk,
)

T = TypeVar("T")

_log = logging.getLogger(__name__)
# A call that was given up in silence after this share of its time would not have been answered.
_SILENT_SHARE = 0.8
# Whatever else befalls the tokenizer, the completion itself may still be answered.
_TELLING_OF_TOKENIZER = (
    ModelErrorKind.UNREACHABLE,
    ModelErrorKind.INTERRUPTED,
    ModelErrorKind.AUTH,
)


@dataclass(eq=False, slots=True)
class Served:
    """A configured model at work: its backend and what is known of the state it is in.

    Attributes
    ----------
    name : str
        As in the configuration.
    probes : set of tasks
        Probes that outlive their requests.
    """

    name: str
    backend: Backend
    breaker: Breaker
    probes: set[asyncio.Task[None]] = field(default_factory=set)

    def guarded(self, *, on_purpose: bool) -> "Guarded":
        """The way to it for one request."""
        return Guarded(self, on_purpose=on_purpose)

    def anew(self, clock: Callable[[], float]) -> "Served":
        """The same with a breaker that knows of no failure."""
        return Served(self.name, self.backend, Breaker(clock), self.probes)

    async def aclose(self) -> None:
        for probe in self.probes:
            probe.cancel()
        await asyncio.gather(*self.probes, return_exceptions=True)
        await self.backend.aclose()


class Guarded:
    """See the module's text; what is not said here is as the backend has it."""

    def __init__(self, served: Served, *, on_purpose: bool) -> None:
        self._served = served
        self._backend, self._breaker = served.backend, served.breaker
        self._on_purpose = on_purpose
        self._permit: Permit | None = None

    @property
    def model(self) -> str:
        return self._backend.model

    @property
    def site(self) -> Site:
        return self._backend.site

    @property
    def prompting(self) -> Prompting:
        return self._backend.prompting

    @property
    def starting(self) -> bool:
        return self._backend.starting

    async def prepare(self) -> None:
        await self._told(self._backend.prepare, tuple(ModelErrorKind))

    async def tokenize(self, text: str) -> tuple[str, ...] | None:
        return await self._told(lambda: self._backend.tokenize(text), _TELLING_OF_TOKENIZER)

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent, None]:
        """See Backend.generate."""
        permit = self._admitted()
        heard = self._heard(request, permit)
        events = self._probed(heard) if permit.probe else heard
        async with aclosing(events):
            async for event in events:
                yield event

    async def describe(self) -> BackendInfo:
        return await self._backend.describe()

    async def readiness(self) -> str | None:
        return await self._backend.readiness()

    async def aclose(self) -> None:
        """Its backend is closed by the one who made that."""

    def _admitted(self) -> Permit:
        """One permit serves all calls of a request."""
        if self._permit is None:
            self._permit = self._breaker.admit(on_purpose=self._on_purpose)
        return self._permit

    async def _told(
        self, call: Callable[[], Awaitable[T]], telling: tuple[ModelErrorKind, ...]
    ) -> T:
        """The result of `call`; a failure of one of the kinds `telling` is the model's. A success
        tells nothing: it may have been known without asking."""
        permit = self._admitted()
        try:
            return await call()
        except ModelError as error:
            if error.kind in telling:
                self._failed(permit, error)
            raise
        except asyncio.CancelledError:
            self._breaker.release(permit)
            raise

    async def _heard(
        self, request: GenerateRequest, permit: Permit
    ) -> AsyncGenerator[StreamEvent, None]:
        """The stream, with the breaker told of it."""
        clock = asyncio.get_running_loop().time
        began_s = clock()
        # Also a backend that forgets its deadline: a probe has no caller who would end it.
        limit_s = request.deadline_s if request.begin_within_s is None else request.begin_within_s
        ends_s: float | None = began_s + limit_s
        heard = False
        try:
            async with aclosing(self._backend.generate(request)) as stream:
                while (event := await _next(stream, ends_s)) is not None:
                    if not heard:
                        heard = True
                        self._succeeded(permit)
                    if not isinstance(event, TextChunk) or event.text:
                        ends_s = None
                    yield event
        except TimeoutError:
            error = self._silent(limit_s)
            self._failed(permit, error)
            raise error from None
        except ModelError as error:
            self._failed(permit, error)
            raise
        except (asyncio.CancelledError, GeneratorExit):
            waited_s = clock() - began_s
            if not heard and waited_s >= _SILENT_SHARE * request.deadline_s:
                self._failed(permit, self._silent(waited_s))
            raise
        finally:
            self._breaker.release(permit)

    async def _probed(
        self, heard: AsyncGenerator[StreamEvent, None]
    ) -> AsyncGenerator[StreamEvent, None]:
        """The same, in a task that goes on to the first event when the caller has left."""
        arrived: asyncio.Queue[StreamEvent | ModelError | None] = asyncio.Queue()
        left = asyncio.Event()

        async def pump() -> None:
            async with aclosing(heard):
                try:
                    async for event in heard:
                        arrived.put_nowait(event)
                        if left.is_set():
                            return
                except ModelError as error:
                    arrived.put_nowait(error)
                else:
                    arrived.put_nowait(None)

        probe = asyncio.create_task(pump())
        self._served.probes.add(probe)
        probe.add_done_callback(self._served.probes.discard)
        silent = True
        try:
            while (event := await arrived.get()) is not None:
                silent = False
                if isinstance(event, ModelError):
                    raise event
                yield event
        finally:
            left.set()
            if not silent:
                probe.cancel()
                await asyncio.wait((probe,))

    def _succeeded(self, permit: Permit) -> None:
        if self._breaker.succeeded(permit):
            _log.info("model=%s answers again", self._served.name)

    def _failed(self, permit: Permit, error: ModelError) -> None:
        if self._breaker.failed(permit, error):
            _log.info("model=%s rests: %s", self._served.name, error.kind.value)

    def _silent(self, waited_s: float) -> ModelError:
        return ModelError(
            f"The model {self._served.name} had not begun to answer after {waited_s:.2g} s. "
            "Editing is not affected. If that goes on, look whether its server is well, or choose "
            "a smaller model.",
            kind=ModelErrorKind.TIMEOUT,
        )


async def _next(
    stream: AsyncGenerator[StreamEvent, None], ends_s: float | None
) -> StreamEvent | None:
    """The next event, None at the end. Raises TimeoutError at `ends_s` of the loop's clock."""
    async with asyncio.timeout_at(ends_s):
        return await anext(stream, None)
