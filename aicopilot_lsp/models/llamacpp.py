"""The llama.cpp backend: raw `/completion`, streamed, with the prompt's tokens under our control.

`LlamaCppBackend` is told how to find its server each time it needs it, so it serves both a server
that the user named (`create`) and the embedded model, whose process comes and goes.
Wire facts are those of llama.cpp's tools/server/README.md, checked with xllamacpp 2026.10.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.config.urls import checked_headers, checked_url
from aicopilot_lsp.errors import ConfigError, ModelError, ModelErrorKind
from aicopilot_lsp.models import failures
from aicopilot_lsp.models.endpoint import Endpoint, read_key
from aicopilot_lsp.models.fim import format_for
from aicopilot_lsp.models.http import Deadline, Reply, Transport, json_object
from aicopilot_lsp.models.llamacpp_wire import (
    content,
    context_tokens,
    details,
    finish_reason,
    joined_pieces,
    model_name,
    raise_error_in,
    sampling,
    usage,
)
from aicopilot_lsp.models.protocol import (
    BackendInfo,
    Finished,
    GenerateRequest,
    StreamEvent,
    TextChunk,
)
from aicopilot_lsp.models.sse import EventReader
from aicopilot_lsp.plugins import BackendContext

DEFAULT_FIM_FORMAT = "qwen2.5-coder"

Locate = Callable[[], Awaitable[Endpoint]]
Readiness = Callable[[], Awaitable[str | None]]

_TOKENIZE_S = 2.0
_DESCRIBE_S = 5.0
_TOKENIZED_TEXTS = 64
# The rest of a finished answer is a few bytes that let the connection be used again.
_DRAIN_S = 0.05


def create(settings: ModelSettings, _context: BackendContext) -> "LlamaCppBackend":
    """A backend for the llama.cpp server at `settings.url`. Connects to nothing.

    Raises
    ------
    ConfigError
        The address, a header or the FIM format can't be used.
    """
    if settings.url is None:
        raise ConfigError(
            f"The model {settings.name!r} has no url; llama.cpp servers usually have "
            'url = "http://127.0.0.1:8080".'
        )
    url, headers = checked_url(settings.url), checked_headers(settings.headers)

    async def locate() -> Endpoint:
        # Each time anew: a key that the user mended works at once.
        key = await asyncio.to_thread(read_key, settings)
        return Endpoint(base_url=url, key=key, headers=headers)

    async def readiness() -> str | None:
        try:
            await asyncio.to_thread(read_key, settings)
        except ModelError as error:
            return str(error)
        return None

    return LlamaCppBackend(
        locate,
        readiness=readiness,
        model=settings.model or settings.name,
        where=Endpoint(base_url=url).display,
        fim_format=settings.fim_format,
    )


class LlamaCppBackend:
    """A Backend over llama.cpp's HTTP interface.

    Parameters
    ----------
    locate : async callable
        Says how to reach the server; asked at each call, within the call's deadline. May raise
        ModelError (STARTING, NOT_INSTALLED, AUTH, ...).
    readiness : async callable
        See Backend.readiness.
    model : str
        See Backend.model.
    where : str
        What to call the server in messages when `locate` itself takes too long.
    id_slot : int or None
        The server's slot whose cache is to be used; None leaves the choice to the server.
    """

    def __init__(
        self,
        locate: Locate,
        *,
        readiness: Readiness | None = None,
        model: str = "llama.cpp",
        where: str = "this machine",
        fim_format: str | None = None,
        id_slot: int | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._locate = locate
        self._readiness = readiness
        self._model = model
        self._where = where
        self._format = format_for(fim_format or DEFAULT_FIM_FORMAT)
        self._id_slot = id_slot
        self._transport = transport or Transport()
        self._pieces: OrderedDict[str, tuple[str, ...] | None] = OrderedDict()
        self._tokenizes = True

    @property
    def model(self) -> str:
        return self._model

    @property
    def fim_format(self) -> str:
        return self._format.name

    def contacted(self) -> tuple[str, ...]:
        """Every server that this backend has tried to reach."""
        return self._transport.contacted()

    @property
    def starting(self) -> bool:
        """See Backend.starting. What runs elsewhere is not started by us."""
        return False

    async def prepare(self) -> None:
        """See Backend.prepare. A server elsewhere is looked up, not asked."""
        await self._locate()

    def serve(self, *, model: str, fim_format: str) -> None:
        """Take note that another model is served from now on."""
        self._model = model
        self._format = format_for(fim_format)
        self._forget_tokens()

    def generate(
        self, request: GenerateRequest, *, locate: Locate | None = None
    ) -> AsyncGenerator[StreamEvent, None]:
        """See Backend.generate. `must_begin_with` becomes a grammar. `locate` is used for this call
        in place of the one given at the start, here and below."""
        body: dict[str, Any] = {"prompt": request.prompt} | sampling(request)
        return self._stream("/completion", body, request, locate or self._locate)

    def infill(
        self,
        prefix: str,
        suffix: str,
        middle: str,
        extra: Sequence[tuple[str, str]],
        request: GenerateRequest,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Fill in between `prefix` and `suffix` with the layout left to the server.

        For models whose FIM tokens we don't know; `generate` is the better way where we do.

        Parameters
        ----------
        middle : str
            What is already there of the middle.
        extra : sequence of (file name, text)
            Other files' text, most important last.
        request : GenerateRequest
            All but its prompt, which is not used.
        """
        body: dict[str, Any] = {
            "input_prefix": prefix,
            "input_suffix": suffix,
            "prompt": middle,
            "input_extra": [{"filename": name, "text": text} for name, text in extra],
        }
        return self._stream("/infill", body | sampling(request), request, self._locate)

    async def tokenize(self, text: str, *, locate: Locate | None = None) -> tuple[str, ...] | None:
        """See Backend.tokenize. A character that is split over tokens makes one piece with them."""
        if not text or not self._tokenizes:
            return () if self._tokenizes else None
        if text in self._pieces:
            self._pieces.move_to_end(text)
            return self._pieces[text]
        body = {"content": text, "with_pieces": True, "add_special": False, "parse_special": False}
        deadline = Deadline(_TOKENIZE_S)
        endpoint = await deadline.wait((locate or self._locate)(), self._where)
        try:
            answer = await self._transport.fetch_json(
                endpoint, "/tokenize", body=body, deadline=deadline
            )
        except ModelError as error:
            if error.kind is not ModelErrorKind.NOT_FOUND:
                raise
            self._tokenizes = False
            return None
        raise_error_in(answer, endpoint.display)
        pieces = joined_pieces(answer.get("tokens"), endpoint.display)
        # Tokenizers that add a blank or normalise can't say where the user's text is cut.
        self._pieces[text] = found = pieces if "".join(pieces) == text else None
        if len(self._pieces) > _TOKENIZED_TEXTS:
            self._pieces.popitem(last=False)
        return found

    async def describe(self, *, locate: Locate | None = None) -> BackendInfo:
        """See Backend.describe; from `/props`. A model that has to be loaded first may take as long
        as it takes."""
        endpoint = await (locate or self._locate)()
        deadline = Deadline(_DESCRIBE_S)
        props = await self._transport.fetch_json(endpoint, "/props", deadline=deadline)
        raise_error_in(props, endpoint.display)
        self._forget_tokens()  # it may be another model than before
        return BackendInfo(
            model=model_name(props),
            context_tokens=context_tokens(props),
            endpoint=endpoint.display,
            details=", ".join(details(props)),
        )

    async def readiness(self) -> str | None:
        return None if self._readiness is None else await self._readiness()

    async def aclose(self) -> None:
        """Calls in flight end by themselves; later ones fail."""
        await self._transport.aclose()
        self._pieces.clear()

    def _forget_tokens(self) -> None:
        self._pieces.clear()
        self._tokenizes = True

    async def _stream(
        self, path: str, body: dict[str, Any], request: GenerateRequest, locate: Locate
    ) -> AsyncGenerator[StreamEvent, None]:
        deadline = Deadline(request.deadline_s)
        endpoint = await deadline.wait(locate(), self._where)
        if self._id_slot is not None:
            body["id_slot"] = self._id_slot
        async with self._transport.open(endpoint, path, body=body, deadline=deadline) as reply:
            await _expect_stream(reply)
            events = EventReader()
            while chunk := await reply.chunk():
                for event in events.feed(chunk):
                    # What the OpenAI interface ends with; harmless where a proxy adds it.
                    if event.data == "[DONE]":
                        continue
                    answer = json_object(event.data, reply.where)
                    if event.name == "error":
                        raise failures.from_error_object(reply.where, answer.get("error", answer))
                    raise_error_in(answer, reply.where)
                    text, cost = content(answer, reply.where), usage(answer)
                    # Also without text: a call that is left before the first token then still
                    # tells how fast the prompt was read.
                    if text or ("prompt_progress" in answer and cost.evaluated_tokens):
                        yield TextChunk(text, cost)
                    if answer.get("stop") is True:
                        finished = Finished(finish_reason(answer), usage(answer))
                        await _drain(reply)
                        yield finished
                        return
        raise failures.broke_off(endpoint.display)


async def _expect_stream(reply: Reply) -> None:
    """Raise, unless the answer is a stream of events: an error in a 200 comes as plain JSON."""
    if reply.media_type == "text/event-stream":
        return
    if reply.media_type == "application/json":
        raise_error_in(json_object(await reply.body(), reply.where), reply.where)
    raise failures.bad_answer(reply.where, "it is not a stream of events")


async def _drain(reply: Reply) -> None:
    """Read what is left of a finished answer, if it comes at once."""
    try:
        async with asyncio.timeout(_DRAIN_S):
            while await reply.chunk():
                pass
    except (TimeoutError, ModelError):
        return
