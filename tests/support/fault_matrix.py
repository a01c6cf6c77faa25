"""Every fault on every backend: the subjects, the places where servers can't be reached, and what
one cell of the matrix shows.

Time is a clock that computing does not move (patient_loop.py): "in time" means that a call waits
for nothing beyond its deadline and 100 ms, on a busy machine as on an idle one.
`python -m tests.support.fault_matrix` prints the table.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
import sys
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import trustme

from aicopilot_lsp import plugins
from aicopilot_lsp.config.settings import EmbeddedSettings, ModelSettings, Secret
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.fim import assemble
from aicopilot_lsp.models.http import MAX_RESPONSE_BYTES, contacted
from aicopilot_lsp.models.protocol import Backend, GenerateRequest, Hole, TextChunk
from tests.support import wires
from tests.support.fault_server import FAULTS, FaultServer, closed_port, deaf_port
from tests.support.patient_loop import run
from tests.support.wires import Wire

KEY = "canary-key-5f0c"
SOURCE = "canary_source"
_CANARIES = (KEY, SOURCE, "canary_path")
_MARGIN_S = 0.1
_HANG_DEADLINE_S = 0.3
# Those that don't hang must not need the deadline; what an error's body says is waited for.
_LONG_DEADLINE_S, _PROMPTLY_S = 30.0, 0.5
# What the kernel may hold of what was sent and never read.
_SOCKET_BUFFERS_BYTES = 12 << 20
_CONTEXT = plugins.BackendContext(
    embedded=EmbeddedSettings(), state_dir=Path("/none"), cache_dir=Path("/none")
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A backend under test: how it is configured and what its server speaks."""

    provider: str
    fim_format: str
    wire: Wire

    @property
    def name(self) -> str:
        return f"{self.provider} {self.fim_format}"

    def at(self, url: str) -> Backend:
        settings = ModelSettings(
            name="m",
            provider=self.provider,
            url=url,
            model="a-model",
            fim_format=self.fim_format,
            api_key=Secret(KEY),
        )
        return plugins.backend_factory(self.provider)(settings, _CONTEXT)


_RAW, _NATIVE, _CHAT = "qwen2.5-coder", "native", "chat"
SUBJECTS = (
    Subject("llama.cpp", _RAW, wires.LLAMACPP),
    Subject("llama.cpp", _NATIVE, wires.LLAMACPP),
    Subject("llama.cpp", _CHAT, wires.CHAT_COMPLETIONS),
    Subject("ollama", _RAW, wires.OLLAMA_GENERATE),
    Subject("ollama", _NATIVE, wires.OLLAMA_GENERATE),
    Subject("ollama", _CHAT, wires.OLLAMA_CHAT),
    Subject("openai-compatible", _RAW, wires.COMPLETIONS),
    Subject("openai-compatible", _NATIVE, wires.COMPLETIONS),
    Subject("openai-compatible", _CHAT, wires.CHAT_COMPLETIONS),
    Subject("tgi", _RAW, wires.TGI),
    Subject("mistral", _NATIVE, wires.CHAT_COMPLETIONS),
    Subject("deepseek", _NATIVE, wires.COMPLETIONS),
    Subject("tabby", _NATIVE, wires.TABBY),
    Subject("openai-chat", _CHAT, wires.CHAT_COMPLETIONS),
    Subject("openai-responses", _CHAT, wires.RESPONSES),
    Subject("anthropic", _CHAT, wires.MESSAGES),
)


@contextlib.asynccontextmanager
async def _refused() -> AsyncIterator[str]:
    with closed_port() as url:
        yield url


@contextlib.asynccontextmanager
async def _not_tls() -> AsyncIterator[str]:
    async with FaultServer() as server:
        server.fault = "noise"
        yield server.url.replace("http:", "https:")


@contextlib.asynccontextmanager
async def _hangs_in_the_tls_handshake() -> AsyncIterator[str]:
    async with FaultServer() as server:
        server.fault = "hangs_before_the_head"
        yield server.url.replace("http:", "https:")


@contextlib.asynccontextmanager
async def _untrusted_certificate() -> AsyncIterator[str]:
    async def nobody(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(nobody, "127.0.0.1", 0, ssl=_strangers_certificate())
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@cache
def _strangers_certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


@contextlib.asynccontextmanager
async def _no_such_host() -> AsyncIterator[str]:
    _resolve_to()
    yield "http://models.example:8080"


@contextlib.asynccontextmanager
async def _rebound_to_the_clouds_credentials() -> AsyncIterator[str]:
    _resolve_to("169.254.169.254")
    yield "http://models.example:80"


def _resolve_to(*addresses: str) -> None:
    """What names stand for from now on, in the running loop, which is the cell's own."""

    async def resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (address, 80)) for address in addresses]

    asyncio.get_running_loop().getaddrinfo = resolve  # type: ignore[method-assign, assignment]


@dataclass(frozen=True, slots=True)
class Place:
    """Where no good server is."""

    kind: ModelErrorKind
    open: Callable[[], AbstractAsyncContextManager[str]]
    hangs: bool = False


PLACES: dict[str, Place] = {
    "refused": Place(ModelErrorKind.UNREACHABLE, _refused),
    "hangs_at_connect": Place(ModelErrorKind.TIMEOUT, deaf_port, hangs=True),
    "no_tls_there": Place(ModelErrorKind.UNREACHABLE, _not_tls),
    "hangs_in_the_tls_handshake": Place(
        ModelErrorKind.TIMEOUT, _hangs_in_the_tls_handshake, hangs=True
    ),
    "untrusted_certificate": Place(ModelErrorKind.UNREACHABLE, _untrusted_certificate),
    "no_such_host": Place(ModelErrorKind.UNREACHABLE, _no_such_host),
    "rebound_to_the_clouds_credentials": Place(
        ModelErrorKind.UNREACHABLE, _rebound_to_the_clouds_credentials
    ),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one fault on one backend; `wrong` is empty where all is as it should be."""

    kind: str
    waited_s: float
    sent_bytes: int
    wrong: tuple[str, ...] = ()


def cell_of_fault(subject: Subject, name: str) -> Cell | None:
    """None where the interface can't have this fault."""
    fault = FAULTS[name]
    if subject.wire.framing not in fault.only:
        return None
    wanted = fault.kinds_on(subject.wire)

    async def scenario(heard: list[str]) -> Cell:
        async with FaultServer(subject.wire) as server:
            server.fault = name
            known = set(contacted())
            backend = subject.at(server.url)
            tried = await _try(backend, hangs=fault.hangs, heard=heard)
            wrong = list(_faults_of(tried, wanted, hangs=fault.hangs))
            wait_s = getattr(tried.error, "retry_after_s", None)
            if wait_s != fault.retry_after_s:
                wrong.append(f"told to wait {wait_s} s")
            server.fault = None
            again = await _try(backend, hangs=False, heard=heard)
            if again.error is not None:
                wrong.append(f"the next good answer failed: {_kind(again.error)}")
            await backend.aclose()
            await server.idle()
            if strangers := set(contacted()) - known - {server.url}:
                wrong.append(f"{len(strangers)} other servers were contacted")
            if server.sent_bytes > MAX_RESPONSE_BYTES + _SOCKET_BUFFERS_BYTES:
                wrong.append(f"{server.sent_bytes:,} bytes were read")
            return Cell(_kind(tried.error), tried.waited_s, server.sent_bytes, tuple(wrong))

    return _run(scenario)


def cell_of_place(subject: Subject, name: str) -> Cell:
    place = PLACES[name]

    async def scenario(heard: list[str]) -> Cell:
        async with place.open() as url:
            backend = subject.at(url)
            tried = await _try(backend, hangs=place.hangs, heard=heard)
            await backend.aclose()
        wrong = tuple(_faults_of(tried, (place.kind,), hangs=place.hangs))
        return Cell(_kind(tried.error), tried.waited_s, 0, wrong)

    return _run(scenario)


@dataclass(frozen=True, slots=True)
class _Tried:
    error: Exception | None
    waited_s: float
    told: str


async def _try(backend: Backend, *, hangs: bool, heard: list[str]) -> _Tried:
    clock = asyncio.get_running_loop().time
    began_s = clock()
    error: Exception | None = None
    stream = backend.generate(_request(backend, _HANG_DEADLINE_S if hangs else _LONG_DEADLINE_S))
    try:
        async with contextlib.aclosing(stream) as events:
            async for event in events:
                assert not isinstance(event, TextChunk) or isinstance(event.text, str)
    except Exception as caught:  # noqa: BLE001 - the matrix shows whatever comes
        error = caught
        heard += [str(caught), *traceback.format_exception(caught)]
    return _Tried(error, clock() - began_s, "".join(heard))


def _request(backend: Backend, deadline_s: float) -> GenerateRequest:
    form = backend.prompting.format
    return GenerateRequest(
        prompt=assemble(form, SOURCE, "\n", "") if form else "",
        hole=None if form else Hole(prefix=SOURCE, suffix="\n", file_name="a.py"),
        max_tokens=8,
        deadline_s=deadline_s,
    )


def _faults_of(tried: _Tried, wanted: tuple[ModelErrorKind, ...], *, hangs: bool) -> Iterator[str]:
    if _kind(tried.error) not in wanted:
        yield f"{_kind(tried.error)} in place of {wanted[0].value}"
    limit_s = (_HANG_DEADLINE_S if hangs else _PROMPTLY_S) + _MARGIN_S
    if tried.waited_s > limit_s:
        yield f"took {tried.waited_s:.2f} s"
    for canary in _CANARIES:
        if canary in tried.told:
            yield f"{canary} was told"


def _kind(error: Exception | None) -> str:
    if error is None:
        return "no error"
    return error.kind.value if isinstance(error, ModelError) else type(error).__name__


def _run(scenario: Callable[[list[str]], Coroutine[Any, Any, Cell]]) -> Cell:
    heard: list[str] = []
    handler = Ear(heard)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        return run(scenario(heard))
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


class Ear(logging.Handler):
    """Hears everything that is logged."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(record.getMessage())


def rows() -> Iterator[tuple[str, list[Cell | None]]]:
    """The matrix, a fault at a time: its name and a cell for each of SUBJECTS."""
    for name in PLACES:
        yield name, [cell_of_place(subject, name) for subject in SUBJECTS]
    for name in FAULTS:
        yield name, [cell_of_fault(subject, name) for subject in SUBJECTS]


def main() -> int:
    """Print the table; 0 when every cell is as it should be."""
    for number, subject in enumerate(SUBJECTS, 1):
        print(f"{number:>3}  {subject.name}")
    print(f"\n{'fault':34}" + "".join(f"{number:>4}" for number in range(1, len(SUBJECTS) + 1)))
    counts: Counter[str] = Counter()
    for name, cells in rows():
        marks = ["·" if cell is None else "✗" if cell.wrong else "✓" for cell in cells]
        counts.update(marks)
        kinds = ", ".join(sorted({cell.kind for cell in cells if cell is not None}))
        print(f"{name:34}" + "".join(f"{mark:>4}" for mark in marks) + f"  {kinds}", flush=True)
        for subject, cell in zip(SUBJECTS, cells, strict=True):
            for words in cell.wrong if cell else ():
                print(f"    {subject.name}: {words}")
    print(
        f"\n{counts['✓']} as they should be (✓), {counts['✗']} not (✗),"
        f" {counts['·']} that can't occur (·)"
    )
    return 1 if counts["✗"] else 0


if __name__ == "__main__":
    sys.exit(main())
