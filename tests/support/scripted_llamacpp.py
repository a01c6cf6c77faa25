"""A llama.cpp-like server whose answers are written by the test: no model, no chance, no clock.

In process:

    async with ScriptedLlamaCpp() as server:
        server.answer("return x", when="def f")   # for prompts that hold "def f"
        server.hold()                             # answers now wait ...
        request = await server.next_completion()
        server.release()                          # ... until here
        await request.client_gone.wait()          # or until the client hung up

As a process: `python -m tests.support.scripted_llamacpp --port-file F [--script F.json]
[--port N]`, where the
script is {"key": ..., "default": {"text": ...}, "rules": [{"when": ..., "text": ...}]} with the
fields of Answer. What it was asked is at GET /scripted/requests; POST /scripted/hold and
/scripted/release do what their names say.

An answer's text is what is to follow the cursor: a grammar that heals a token is honoured by
putting its literal in front. Stop strings, n_predict, keys and cache counters work as in llama.cpp.
"""

import argparse
import asyncio
import json
import re
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

from tests.support.loopback import stop_accepting

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_LITERAL = re.compile(r'root ::= "((?:[^"\\]|\\.)*)" \[\^\\x00\]\*')
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_MODEL = "scripted.gguf"
_CONTEXT_TOKENS = 4096


def tokens(text: str) -> list[str]:
    """Words, runs of blanks, single marks: the scripted tokenizer."""
    return _TOKEN.findall(text)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a completion is answered with.

    Attributes
    ----------
    text : str
        What follows the cursor.
    heals : bool
        Whether the grammar's literal is put in front of it; False plays a server that can't.
    status : int
        Other than 200: an error, with `error` as its object.
    cut : bool
        Hang up in place of the last event.
    token_ms : float
        Pause before each token, for clients in other processes.
    """

    text: str = ""
    heals: bool = True
    stop_type: str = "eos"
    status: int = 200
    error: Mapping[str, Any] = field(default_factory=dict)
    cut: bool = False
    token_ms: float = 0.0


@dataclass(eq=False)
class Request:
    """One request as it came, and what became of it."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    arrived_s: float = 0.0
    gone_s: float | None = None
    tokens_sent: int = 0
    finished: bool = False
    client_gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def body(self) -> dict[str, Any]:
        found = json.loads(self.raw or b"{}")
        assert isinstance(found, dict)
        return found

    @property
    def prompt(self) -> str:
        return str(self.body.get("prompt", ""))

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "body": self.body,
            "arrived_s": self.arrived_s,
            "gone_s": self.gone_s,
            "tokens_sent": self.tokens_sent,
            "finished": self.finished,
        }


async def read_request(reader: asyncio.StreamReader, first: bytes = b"") -> Request | None:
    """The next request on a connection, or None when the client is done with it."""
    try:
        head = first + await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ")
        pairs = (line.partition(":") for line in lines[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return Request(method, path, headers, raw)


class ScriptedLlamaCpp:
    """The server. Used from one event loop."""

    def __init__(
        self,
        *,
        default: Answer | None = None,
        key: str | None = None,
        uds: Path | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.default = default or Answer(text="pass")
        self.requests: list[Request] = []
        self.url = ""
        self.connections = 0
        self._key = key
        self._uds = uds
        self._wanted_port = port
        self._clock = clock
        self._rules: list[tuple[str, Answer]] = []
        self._arrived: asyncio.Queue[Request] = asyncio.Queue()
        self._open = asyncio.Event()
        self._open.set()
        self._hold_after = 0
        self._cached: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        if self._uds is not None:
            self._server = await asyncio.start_unix_server(self._connected, self._uds)
            return self
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._wanted_port)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        await stop_accepting(self._server)
        await self.hang_up()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def completions(self) -> list[Request]:
        return [request for request in self.requests if request.path in ("/completion", "/infill")]

    def answer(self, text: str = "", *, when: str = "", **fields: Any) -> None:
        """From now on answer prompts that hold `when` with this; the latest rule that fits wins."""
        self._rules.insert(0, (when, Answer(text=text, **fields)))

    def scripted_for(self, request: Request) -> Answer:
        """What a completion is answered with."""
        prompt = request.prompt or request.body.get("input_prefix", "")
        return next((found for when, found in self._rules if when in prompt), self.default)

    def pieces(self, text: str, *, special: bool) -> list[str]:
        return tokens(text)

    def hold(self, *, after_tokens: int = 0) -> None:
        """Let completions wait once they have sent so many tokens (0: before the head)."""
        self._hold_after = after_tokens
        self._open.clear()

    def release(self) -> None:
        """Let held and later completions go on."""
        self._open.set()

    async def next_completion(self) -> Request:
        """The next completion that arrives (or the first that nobody has taken yet)."""
        return await self._arrived.get()

    async def hang_up(self) -> None:
        """Close every connection, whatever is going on there."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

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
            request.arrived_s = self._clock()
            self.requests.append(request)
            answering = asyncio.create_task(self._answer(request, writer))
            watching = asyncio.create_task(reader.read(1))
            try:
                await asyncio.wait((answering, watching), return_when=asyncio.FIRST_COMPLETED)
                if not answering.done() and not _read(watching):
                    request.gone_s = self._clock()
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

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        sent_key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._key is not None and sent_key != self._key and request.path != "/health":
            error = {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}
            return await _send_json(writer, 401, {"error": error})
        match request.method, request.path:
            case "GET", "/health":
                await _send_json(writer, 200, {"status": "ok"})
            case "GET", "/props":
                await _send_json(writer, 200, _props())
            case "POST", "/tokenize":
                special = request.body.get("parse_special") is True
                pieces = self.pieces(request.body["content"], special=special)
                found = [{"id": number, "piece": piece} for number, piece in enumerate(pieces)]
                await _send_json(writer, 200, {"tokens": found})
            case "POST", "/completion" | "/infill":
                self._arrived.put_nowait(request)
                await self._complete(request, writer)
            case "GET", "/scripted/requests":
                seen = [one.as_json() for one in self.requests if one is not request]
                await _send_json(writer, 200, {"requests": seen})
            case "POST", "/scripted/hold" | "/scripted/release":
                (self.hold if request.path.endswith("hold") else self.release)()
                await _send_json(writer, 200, {})
            case _:
                error = {"code": 404, "message": "File Not Found", "type": "not_found_error"}
                await _send_json(writer, 404, {"error": error})
        request.finished = True
        return None

    async def _complete(self, request: Request, writer: asyncio.StreamWriter) -> None:
        body = request.body
        prompt = request.prompt or body.get("input_prefix", "")
        answer = self.scripted_for(request)
        if self._hold_after == 0:
            await self._open.wait()
        if answer.status != 200:
            error = {"code": answer.status, "message": "scripted", **answer.error}
            return await _send_json(writer, answer.status, {"error": error})
        text = (healed_literal(body) if answer.heals else "") + answer.text
        pieces, stop_type = _limited(text, body, answer.stop_type)
        counters = partial(_counters, *self._evaluate(prompt))
        await _send_head(writer, 200, "text/event-stream", "transfer-encoding: chunked")
        if body.get("return_progress") and body.get("timings_per_token"):
            await _send_event(writer, _progress(counters(0)))
        for piece in pieces:
            if self._hold_after and request.tokens_sent >= self._hold_after:
                await self._open.wait()
            await asyncio.sleep(answer.token_ms / 1000)
            request.tokens_sent += 1
            more = counters(request.tokens_sent) if body.get("timings_per_token") else {}
            await _send_event(writer, {"content": piece, "stop": False} | more)
        if self._hold_after and request.tokens_sent >= self._hold_after:
            await self._open.wait()
        if answer.cut:
            writer.close()
            return None
        end = {"content": "", "stop": True, "stop_type": stop_type}
        await _send_event(writer, end | counters(len(pieces)))
        writer.write(b"0\r\n\r\n")
        return await writer.drain()

    def _evaluate(self, prompt: str) -> tuple[int, int]:
        """Prompt tokens cached and evaluated, as llama.cpp with one slot counts them: what the
        last prompt shares is cached, and at least one token is evaluated."""
        now = tokens(prompt)
        shared = 0
        while shared < min(len(now) - 1, len(self._cached)) and now[shared] == self._cached[shared]:
            shared += 1
        self._cached = now
        return shared, len(now) - shared


def healed_literal(body: Mapping[str, Any]) -> str:
    """The text that the request's grammar wants in front, "" without one."""
    grammar = body.get("grammar", "")
    if not grammar:
        return ""
    found = _LITERAL.fullmatch(grammar)
    assert found is not None, f"a grammar this server can't read: {grammar!r}"
    return _ESCAPE.sub(_unescaped, found[1])


def _unescaped(match: re.Match[str]) -> str:
    number = match[1] or match[2] or match[3]
    if number:
        return chr(int(number, 16))
    return {"n": "\n", "r": "\r", "t": "\t"}.get(match[4], match[4])


def _counters(cached: int, evaluated: int, predicted: int) -> dict[str, Any]:
    timings = {
        "cache_n": cached,
        "prompt_n": evaluated,
        "prompt_ms": float(evaluated),
        "predicted_n": predicted,
        "predicted_ms": 10.0 * predicted,
    }
    return {"tokens_evaluated": cached + evaluated, "timings": timings}


def _progress(counted: dict[str, Any]) -> dict[str, Any]:
    """As llama.cpp sends it after each batch of the prompt; here there is one."""
    timings, total = counted["timings"], counted["tokens_evaluated"]
    done = {"total": total, "cache": timings["cache_n"], "processed": total, "time_ms": 0}
    return {"content": "", "stop": False, "prompt_progress": done} | counted


def _limited(text: str, body: Mapping[str, Any], stop_type: str) -> tuple[list[str], str]:
    """The tokens to send and why they end, after stop strings and n_predict."""
    ends = [text.find(stop) for stop in body.get("stop", []) if stop in text]
    if ends:
        text, stop_type = text[: min(ends)], "word"
    pieces = tokens(text)
    limit = body.get("n_predict", -1)
    return (pieces, stop_type) if limit < 0 or len(pieces) <= limit else (pieces[:limit], "limit")


def _props() -> dict[str, Any]:
    return {
        "default_generation_settings": {"n_ctx": _CONTEXT_TOKENS},
        "total_slots": 1,
        "model_alias": _MODEL,
        "model_path": f"/models/{_MODEL}",
        "build_info": "scripted",
    }


def _read(watching: "asyncio.Task[bytes]") -> bytes:
    """What the watcher saw; b"" when the client is gone."""
    return b"" if watching.exception() is not None else watching.result()


async def _send_json(writer: asyncio.StreamWriter, status: int, value: Any) -> None:
    body = json.dumps(value).encode()
    await _send_head(writer, status, "application/json", f"content-length: {len(body)}")
    writer.write(body)
    await writer.drain()


async def _send_head(
    writer: asyncio.StreamWriter, status: int, media_type: str, *more: str
) -> None:
    lines = (f"HTTP/1.1 {status} Scripted", f"content-type: {media_type}", *more, "", "")
    writer.write("\r\n".join(lines).encode())
    await writer.drain()


async def _send_event(writer: asyncio.StreamWriter, value: Any) -> None:
    data = b"data: " + json.dumps(value).encode() + b"\n\n"
    writer.write(b"%x\r\n%s\r\n" % (len(data), data))
    await writer.drain()


async def _main() -> None:
    parser = argparse.ArgumentParser(description="Serve scripted completions until SIGTERM.")
    parser.add_argument("--port-file", type=Path, required=True, help="gets the port's number")
    parser.add_argument("--script", type=Path)
    parser.add_argument("--port", type=int, default=0, help="by default one that is free")
    options = parser.parse_args()
    script = json.loads(options.script.read_text("utf-8")) if options.script else {}
    default = Answer(**script["default"]) if "default" in script else None
    server = ScriptedLlamaCpp(default=default, key=script.get("key"), port=options.port)
    for rule in reversed(script.get("rules", [])):
        server.answer(**rule)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with server:
        # Renamed into place, so that a reader never sees half a number.
        part = options.port_file.with_suffix(".part")
        part.write_text(str(server.port), "utf-8")
        part.replace(options.port_file)
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(_main())
