"""What the servers of this folder are built on: routes, scripted text, and a record of requests.

    service = Service(key="canary-key-right")

    @service.route("POST", "/v1/completions")
    async def completions(exchange: Exchange) -> None:
        body = exchange.parsed(_Completion)      # strict; what the API does not have is a violation
        if body.model != "m":
            raise Refused(404, {"error": {"message": "no such model"}})
        answer = service.answer_to(body.prompt)
        text = text_after(answer, must_begin_with="")
        pieces, ended = limited(text, body.stop, body.max_tokens)
        async with exchange.stream("text/event-stream") as stream:
            async for piece in service.paced(exchange.request, pieces):
                await stream.event({"choices": [{"text": piece}]})
            await stream.event("[DONE]")

    async with service:
        service.answer("return x", when="def f")   # for prompts that hold "def f"
        service.hold(after_tokens=1)               # answers wait there ...
        request = await service.next_request("/v1/completions")
        service.release()                          # ... until here

A service keeps to its public API description on both sides. Refusals that the real server gives are
`Refused`, in its own shape. A request that breaks the description is a violation: it is answered
with 400, and leaving the block raises, so that no test passes by chance. No model, no clock.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tests.support.loopback import stop_accepting
from tests.support.scripted_llamacpp import Request, read_request, tokens

Ended = Literal["end", "stop", "limit"]
Handler = Callable[["Exchange"], Awaitable[None]]
Body = TypeVar("Body", bound=BaseModel)


class Strict(BaseModel):
    """A request's body as the API describes it: no other fields, no other types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Refused(Exception):  # noqa: N818 - what the server says, not what went wrong in it
    """The API's own answer to a request that it does not serve."""

    def __init__(
        self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a generation is answered with.

    Attributes
    ----------
    text : str
        What follows the cursor.
    heals : bool
        Whether a constraint that the request carries is honoured; False plays a server that can't.
    status : int
        Other than 200: refused with `error` for a body.
    error : mapping
        With the status 200: an event in the stream, after the text.
    cut : bool
        Hang up in place of the events that end an answer.
    """

    text: str = ""
    heals: bool = True
    status: int = 200
    error: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


class Stream:
    """An answer in pieces."""

    def __init__(self, writer: asyncio.StreamWriter, media_type: str) -> None:
        self._writer = writer
        self._events = media_type == "text/event-stream"
        self.is_cut = False

    async def event(self, value: Any, *, name: str | None = None) -> None:
        """One server-sent event, or one line of JSON; a str is sent as it stands."""
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if self._events:
            head = f"event: {name}\n" if name else ""
            text = f"{head}data: {text}\n"
        await self.raw(f"{text}\n".encode())

    async def raw(self, data: bytes) -> None:
        self._writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await self._writer.drain()

    def cut(self) -> None:
        """Hang up in the middle."""
        self.is_cut = True
        self._writer.close()


class Exchange:
    """One request, and the ways to answer it. Exactly one answer is given."""

    def __init__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.request = request
        self._writer = writer

    def parsed(self, model: type[Body]) -> Body:
        """The body, checked strictly. Raises ValidationError, which the service records."""
        media_type = self.request.headers.get("content-type", "").partition(";")[0]
        assert media_type == "application/json", f"a body of the type {media_type!r}"
        return model.model_validate_json(self.request.raw)

    async def json(
        self, value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        more = {"content-length": str(len(body)), **(headers or {})}
        await self._head(status, "application/json", more)
        self._writer.write(body)
        await self._writer.drain()

    @asynccontextmanager
    async def stream(self, media_type: str) -> AsyncIterator[Stream]:
        """An answer of the status 200 in pieces; `text/event-stream` or one JSON a line."""
        await self._head(200, media_type, {"transfer-encoding": "chunked"})
        stream = Stream(self._writer, media_type)
        yield stream
        if not stream.is_cut:
            self._writer.write(b"0\r\n\r\n")
            await self._writer.drain()

    async def _head(self, status: int, media_type: str, more: Mapping[str, str]) -> None:
        headers = {"content-type": media_type, **more}
        lines = [f"HTTP/1.1 {status} Scripted", *(f"{k}: {v}" for k, v in headers.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await self._writer.drain()


class Service:
    """A server whose answers are written by the test. Used from one event loop.

    Parameters
    ----------
    key : str or None
        What has to be sent; None: any key and none will do.
    key_header : str
        Where; in `authorization` as `Bearer KEY`.
    guarded : str
        The paths that begin so need the key.
    unauthorized : mapping
        The body of the 401 for a missing or wrong key.
    unknown : mapping
        The body of the 404 for a path that is no route.
    """

    def __init__(
        self,
        *,
        key: str | None = None,
        key_header: str = "authorization",
        guarded: str = "/",
        unauthorized: Mapping[str, Any] | None = None,
        unknown: Mapping[str, Any] | None = None,
    ) -> None:
        self.default = Answer(text="pass")
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.connections = 0
        self.url = ""
        self._key = f"Bearer {key}" if key and key_header == "authorization" else key
        self._key_header = key_header
        self._guarded = guarded
        self._unauthorized = unauthorized or {"error": {"message": "scripted: wrong key"}}
        self._unknown = unknown or {"detail": "Not Found"}
        self._routes: dict[tuple[str, str], Handler] = {}
        self._rules: list[tuple[str, Answer]] = []
        self._arrived: dict[str, asyncio.Queue[Request]] = {}
        self._open = asyncio.Event()
        self._open.set()
        self._hold_after = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        port = int(self.url.rpartition(":")[2] or 0)  # one that was used before is used again
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        assert self._server is not None
        await stop_accepting(self._server)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        if self.violations and kind is None:
            raise AssertionError(
                "requests that the API does not have:\n" + "\n".join(self.violations)
            )

    def route(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of a path; one set later takes the place of one set before."""

        def add(handler: Handler) -> Handler:
            self._routes[method, path] = handler
            return handler

        return add

    def without(self, method: str, path: str) -> None:
        """From now on there is no such path."""
        del self._routes[method, path]

    def asked(self, path: str) -> list[Request]:
        """The requests for `path`, in the order of their arrival."""
        return [request for request in self.requests if request.path == path]

    async def next_request(self, path: str) -> Request:
        """The next request for `path` that arrives (or the first that nobody has taken yet)."""
        return await self._arrived.setdefault(path, asyncio.Queue()).get()

    def answer(self, text: str = "", *, when: str = "", **fields: Any) -> None:
        """Answer prompts that hold `when` with `text`; the rule set last goes first. `fields` are
        those of Answer."""
        self._rules.insert(0, (when, Answer(text=text, **fields)))

    def answer_to(self, prompt: str) -> Answer:
        """What the test wrote for `prompt`. Raises Refused where that is an error."""
        answer = next((found for when, found in self._rules if when in prompt), self.default)
        if answer.status != 200:
            raise Refused(answer.status, answer.error, answer.headers)
        return answer

    def hold(self, *, after_tokens: int = 0) -> None:
        """Let answers wait, from now on, when so many tokens are out."""
        self._hold_after = after_tokens
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    async def paced(self, request: Request, pieces: Sequence[str]) -> AsyncIterator[str]:
        """`pieces` one by one, waiting where the test holds them; counts them in the request."""
        for piece in pieces:
            await self._pass(request)
            yield piece
            request.tokens_sent += 1
        await self._pass(request)

    async def _pass(self, request: Request) -> None:
        if request.tokens_sent >= self._hold_after:
            await self._open.wait()
        await asyncio.sleep(0)  # so that a client that has left is noticed

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self.connections -= 1
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = b""
        while (request := await read_request(reader, first)) is not None:
            self.requests.append(request)
            self._arrived.setdefault(request.path, asyncio.Queue()).put_nowait(request)
            answering = asyncio.create_task(self._answer(Exchange(request, writer)))
            watching = asyncio.create_task(reader.read(1))
            try:
                await asyncio.wait((answering, watching), return_when=asyncio.FIRST_COMPLETED)
                if not answering.done() and not _read(watching):
                    request.client_gone.set()
                    return
                await answering
                first = _read(watching) if watching.done() else b""
            finally:
                answering.cancel()
                watching.cancel()
                await asyncio.gather(answering, watching, return_exceptions=True)
            if writer.is_closing():
                return

    async def _answer(self, exchange: Exchange) -> None:
        request = exchange.request
        try:
            await self._handler(request)(exchange)
        except Refused as refusal:
            await exchange.json(refusal.body, status=refusal.status, headers=refusal.headers)
        except (ValidationError, AssertionError) as error:
            self.violations.append(f"{request.method} {request.path}: {error}")
            await exchange.json({"error": {"message": "scripted: a violation"}}, status=400)
        request.finished = True

    def _handler(self, request: Request) -> Handler:
        sent = request.headers.get(self._key_header)
        if self._key and request.path.startswith(self._guarded) and sent != self._key:
            raise Refused(401, self._unauthorized)
        if (handler := self._routes.get((request.method, request.path))) is None:
            raise Refused(404, self._unknown)
        return handler


def text_after(answer: Answer, must_begin_with: str) -> str:
    """The answer's text, behind what a constraint in the request wants in front."""
    return (must_begin_with if answer.heals else "") + answer.text


def limited(
    text: str, stop: Sequence[str] | None, max_tokens: int | None
) -> tuple[list[str], Ended]:
    """The tokens to send of `text`, and why they end there."""
    ended: Ended = "end"
    if ends := [text.find(one) for one in stop or () if one in text]:
        text, ended = text[: min(ends)], "stop"
    pieces = tokens(text)
    if max_tokens is None or len(pieces) <= max_tokens:
        return pieces, ended
    return pieces[:max_tokens], "limit"


def _read(watching: "asyncio.Task[bytes]") -> bytes:
    """What the watcher saw; b"" when the client is gone."""
    return b"" if watching.exception() is not None else watching.result()
