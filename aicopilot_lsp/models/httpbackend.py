"""The backend over HTTP: one class for every server, told by an `Api` what sets its server apart.

It is also told how to find its server each time it needs it (`locate`), so it serves both a server
that the user named (hosted.py) and the embedded model, whose process comes and goes.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

from aicopilot_lsp.config.urls import under_public_name
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models import failures
from aicopilot_lsp.models.answer import Answer
from aicopilot_lsp.models.api import Api, Dialect, LearningApi, TokenizingApi
from aicopilot_lsp.models.endpoint import Endpoint
from aicopilot_lsp.models.framing import expect
from aicopilot_lsp.models.http import Deadline, Transport
from aicopilot_lsp.models.learner import Learner
from aicopilot_lsp.models.protocol import (
    BackendInfo,
    GenerateRequest,
    Layout,
    Mode,
    Prompting,
    Site,
    StreamEvent,
)
from aicopilot_lsp.models.shared_work import SharedWork

Locate = Callable[[], Awaitable[Endpoint]]
Readiness = Callable[[], Awaitable[str | None]]
Prove = Callable[["HttpBackend"], Awaitable[Prompting]]

_TOKENIZE_S = 2.0
_DESCRIBE_S = 5.0
_LEARN_S = 2.0
_TOKENIZED_TEXTS = 64


class HttpBackend:
    """A Backend over one server's HTTP interface.

    Parameters
    ----------
    api : Api
    locate : async callable
        Says how to reach the server; asked at each call, within the call's deadline. May raise
        ModelError (STARTING, NOT_INSTALLED, AUTH, ...).
    prompting : Prompting or None
        How the model wants to be asked, where that is declared.
    prove : async callable or None
        Finds it out where it is not; called by `prepare` until it has returned.
    readiness : async callable
        See Backend.readiness.
    model : str
        See Backend.model.
    where : str
        What to call the server in messages when `locate` itself takes too long.
    """

    def __init__(
        self,
        api: Api,
        locate: Locate,
        *,
        prompting: Prompting | None = None,
        prove: Prove | None = None,
        readiness: Readiness | None = None,
        model: str = "",
        where: str = "this machine",
        transport: Transport | None = None,
    ) -> None:
        self.api = api
        self._locate = locate
        self._prompting = prompting
        self._prove = prove
        self._readiness = readiness
        self._model = model
        self._where = where
        self._transport = transport or Transport()
        self._pieces: OrderedDict[str, tuple[str, ...] | None] = OrderedDict()
        self._tokenizes = True
        self._proving = SharedWork[Prompting]()
        self._was_away = False
        self._learner = Learner()
        self._window_tokens: int | None = None
        self._window_asked = False
        self._answered = False
        self._users = 0
        self._behind: set[asyncio.Task[None]] = set()

    @property
    def model(self) -> str:
        return self._model

    @property
    def where(self) -> str:
        """Scheme, host and port of its server; words where that changes."""
        return self._where

    @property
    def prompting(self) -> Prompting:
        """See Backend.prompting. Raises ModelError STARTING before `prepare` has returned."""
        if self._prompting is None:
            raise failures.not_tested_yet(self._where)
        if isinstance(self.api, LearningApi):
            healing = self.api.dialects[self._prompting.mode].healing
            return replace(self._prompting, healing=healing)
        return self._prompting

    @property
    def site(self) -> Site:
        """See Backend.site. The window is known from `describe`, and by itself soon after the first
        answer."""
        return Site(
            endpoint=self._where,
            metered=under_public_name(self._where),
            window_tokens=self._window_tokens,
        )

    @property
    def prove(self) -> Prove | None:
        """What finds out how the model wants to be asked; None where that is declared."""
        return self._prove

    @property
    def busy(self) -> bool:
        """Whether a call is under way, those for tests of the model not counted."""
        return self._users > 0

    def run_behind(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` beside all else, until this is closed."""
        task = asyncio.create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    def prefer(self, layout: Layout) -> None:
        """Ask in this layout from now on."""
        if self._prompting is not None:
            self._prompting = replace(self._prompting, layout=layout)

    def contacted(self) -> tuple[str, ...]:
        """Every server that this backend has tried to reach."""
        return self._transport.contacted()

    @property
    def starting(self) -> bool:
        """See Backend.starting: whether the model is being tested. What runs elsewhere is not
        started by us."""
        return self._proving.running

    async def prepare(self) -> None:
        """See Backend.prepare. A server elsewhere is looked up; a model whose format nobody has
        declared is tested, once and after an outage. All callers share one test, which goes on when
        they leave."""
        await self.reach()
        # Beside the request, and never before the model has shown that it answers.
        if self._answered and self._window_tokens is None and not self._window_asked:
            self._window_asked = True
            self.run_behind(self._ask_window())
        # Behind an outage there may be another model; what is kept of tests makes that cheap.
        if self._prove is not None and (self._prompting is None or self._was_away):
            await self._proving.do(partial(self._settle, self._prove))

    async def reach(self) -> None:
        """Look the server up, and which one it is, where that makes a difference."""
        await self._locate()
        if isinstance(self.api, LearningApi):
            await self._learner.settle(partial(self._learn, self.api))

    def serve(self, *, model: str, prompting: Prompting) -> None:
        """Take note that another model is served from now on."""
        self._model = model
        self._prompting = prompting
        self._window_tokens, self._window_asked = None, False
        self._forget_tokens()

    def generate(
        self,
        request: GenerateRequest,
        *,
        mode: Mode | None = None,
        locate: Locate | None = None,
    ) -> AsyncGenerator[StreamEvent, None]:
        """See Backend.generate. `mode` is asked in place of the settled one (for tests of the
        model); `locate` is used for this call in place of the one given at the start, here and
        below."""
        dialect = self.api.dialects[mode or self.prompting.mode]
        stream = self._stream(dialect, request, locate or self._locate)
        return self._for_a_user(stream) if mode is None else stream

    async def tokenize(
        self, text: str, *, special: bool = False, locate: Locate | None = None
    ) -> tuple[str, ...] | None:
        """See Backend.tokenize. A character that is split over tokens makes one piece with them.
        `special`: control tokens are recognised, and nothing is remembered."""
        api = self.api
        if not (self._tokenizes and isinstance(api, TokenizingApi)):
            return None
        if not text:
            return ()
        if text in self._pieces and not special:
            self._pieces.move_to_end(text)
            return self._pieces[text]
        deadline = Deadline(_TOKENIZE_S)
        endpoint = await deadline.wait((locate or self._locate)(), self._where)
        ask = self._ask(endpoint, deadline)
        try:
            found = await api.tokenize(ask, text, endpoint.display, special=special)
        except ModelError as error:
            if error.kind is not ModelErrorKind.NOT_FOUND:
                raise
            self._tokenizes = False
            return None
        if special:
            return found
        # Tokenizers that add a blank or normalise can't say where the user's text is cut.
        pieces = found if found is not None and "".join(found) == text else None
        self._pieces[text] = pieces
        if len(self._pieces) > _TOKENIZED_TEXTS:
            self._pieces.popitem(last=False)
        return pieces

    async def describe(self, *, locate: Locate | None = None) -> BackendInfo:
        """See Backend.describe. A model that has to be loaded first may take as long as it
        takes."""
        endpoint = await (locate or self._locate)()
        ask = self._ask(endpoint, Deadline(_DESCRIBE_S))
        info = await self.api.describe(ask, endpoint.display)
        self._window_tokens = info.context_tokens
        self._forget_tokens()  # it may be another model than before
        return replace(info, endpoint=endpoint.display)

    async def readiness(self) -> str | None:
        return None if self._readiness is None else await self._readiness()

    async def aclose(self) -> None:
        """Calls in flight end by themselves; later ones fail."""
        await self._proving.aclose()
        await self._learner.aclose()
        for task in self._behind:
            task.cancel()
        await asyncio.gather(*self._behind, return_exceptions=True)
        await self._transport.aclose()
        self._pieces.clear()

    async def _ask_window(self) -> None:
        """Ask once how much fits in; a server that does not tell is not asked again."""
        with contextlib.suppress(ModelError):
            await self.describe()

    async def _settle(self, prove: Prove) -> Prompting:
        self._prompting = found = await prove(self)
        self._was_away = False
        return found

    async def _learn(self, api: LearningApi) -> None:
        endpoint = await self._locate()
        await api.learn(self._ask(endpoint, Deadline(_LEARN_S)), endpoint.display)
        self._forget_tokens()

    def _ask(self, endpoint: Endpoint, deadline: Deadline) -> Callable[..., Any]:
        async def ask(path: str, body: Any = None) -> dict[str, Any]:
            answer = await self._transport.fetch_json(endpoint, path, body=body, deadline=deadline)
            failures.raise_error_in(answer, endpoint.display)
            return answer

        return ask

    def _forget_tokens(self) -> None:
        self._pieces.clear()
        self._tokenizes = True

    async def _for_a_user(
        self, stream: AsyncGenerator[StreamEvent, None]
    ) -> AsyncGenerator[StreamEvent, None]:
        self._users += 1
        try:
            async with contextlib.aclosing(stream):
                async for event in stream:
                    yield event
        finally:
            self._users -= 1

    async def _stream(
        self, dialect: Dialect, request: GenerateRequest, locate: Locate
    ) -> AsyncGenerator[StreamEvent, None]:
        deadline = Deadline(request.deadline_s)
        endpoint = await deadline.wait(locate(), self._where)
        call = dialect.call(request, request.stop[: dialect.max_stops])
        answer = Answer(dialect, request)
        opened = self._transport.open(
            endpoint, call.path, body=call.body, headers=call.headers, deadline=deadline
        )
        try:
            async with opened as reply:
                await expect(reply, dialect.framing)
                while not answer.ended:
                    for event in answer.feed(await reply.chunk(), reply.where):
                        self._answered = True
                        yield event
                await answer.drain(reply)
                yield answer.finished
        except ModelError as error:
            if error.kind is ModelErrorKind.UNREACHABLE:
                self._was_away = True  # who comes back may be another
                self._learner.forget()
                self._forget_tokens()
            elif error.kind is ModelErrorKind.REJECTED:
                self._answered = True  # the prompt may be too long for it: its window is asked for
            raise
