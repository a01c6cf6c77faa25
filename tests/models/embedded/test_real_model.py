"""The embedded backend over the real 0.5B: it fills holes, lets go when left, survives a kill."""

import asyncio
import os
import signal
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import ModelSettings
from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.embedded import supervisor
from aicopilot_lsp.models.embedded.backend import EmbeddedBackend
from aicopilot_lsp.models.embedded.record import process_dir, read_record
from aicopilot_lsp.models.http import Deadline, Transport
from aicopilot_lsp.models.protocol import Finished, GenerateRequest, Layout, TextChunk
from aicopilot_lsp.models.selftest import full
from tests.support.real_model import (
    MODEL_NAME,
    installed_model,
    model_cache_dir,
    model_state_dir,
    real_backend,
)

__all__ = ["installed_model", "model_cache_dir", "model_state_dir", "real_backend"]
pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]

CANARY = "canary"
HOLE = (
    f"<|fim_prefix|># {CANARY}\ndef add(a, b):\n    return <|fim_suffix|>\n\n"
    "print(add(1, 2))\n<|fim_middle|>"
)
LONG = "<|fim_prefix|>" + "".join(f"value_{n} = {n} * {n}\n" for n in range(250))
LONG += "<|fim_suffix|>\n<|fim_middle|>"
PATIENT_S = 240.0


def hole(deadline_s: float = PATIENT_S) -> GenerateRequest:
    return GenerateRequest(prompt=HOLE, max_tokens=8, stop=("\n",), deadline_s=deadline_s)


async def fill(backend: EmbeddedBackend) -> str:
    events = [event async for event in backend.generate(hole())]
    assert isinstance(events[-1], Finished)
    return "".join(event.text for event in events if isinstance(event, TextChunk))


async def until_free(backend: EmbeddedBackend) -> None:
    """Wait until llama.cpp's slot says that it works on nothing.

    llama.cpp looks whether a client is still there when it had nothing to tell anybody for a
    second, and an answer about its slots counts as something: so it is not asked more often.
    """
    note = await backend.endpoint()
    assert note.key is not None
    address = note.base_url.removeprefix("http://")
    host, _, port = address.partition(":")
    head = (
        f"GET /slots HTTP/1.1\r\nHost: {address}\r\n"
        f"Authorization: Bearer {note.key.reveal()}\r\nConnection: close\r\n\r\n"
    )
    async with asyncio.timeout(60):
        while True:
            await asyncio.sleep(1.5)
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(head.encode())
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            if b'"is_processing":false' in answer:
                break


async def test_it_fills_a_hole_and_no_text_of_it_is_logged(
    real_backend: EmbeddedBackend, model_state_dir: Path
) -> None:
    assert await real_backend.readiness() is None
    assert (await fill(real_backend)).strip() == "a + b"
    assert await real_backend.tokenize("return value") == ("return", " value")
    endpoint = await real_backend.endpoint()
    transport = Transport()
    # What llama.cpp complains about it prints, with parts of the request.
    for body in (
        {"prompt": CANARY, "grammar": f'root ::= "{CANARY}'},
        {"prompt": f"{CANARY} " * 6000},
        {"prompt": CANARY, "n_predict": CANARY},
    ):
        with pytest.raises(ModelError):
            await transport.fetch_json(
                endpoint, "/completion", body=body, deadline=Deadline(PATIENT_S)
            )
    await transport.aclose()
    written = texts_in(model_state_dir)
    assert not [name for name, text in written.items() if CANARY in text]
    assert "loading model" in written["process.log"]


async def first_text(backend: EmbeddedBackend, request: GenerateRequest) -> None:
    """Return when the first token is there."""
    async with aclosing(backend.generate(request)) as events:
        async for event in events:
            if isinstance(event, TextChunk) and event.text:
                return


async def test_a_call_that_is_left_in_prefill_tells_how_fast_the_prompt_was_read(
    real_backend: EmbeddedBackend,
) -> None:
    request = GenerateRequest(prompt=LONG, max_tokens=1, deadline_s=PATIENT_S)
    async with aclosing(real_backend.generate(request)) as events:
        first = await anext(events)
    assert isinstance(first, TextChunk)
    assert not first.text
    assert first.usage is not None
    assert first.usage.evaluated_tokens
    assert first.usage.prefill_ms
    assert (first.usage.prompt_tokens or 0) > first.usage.evaluated_tokens


async def test_what_is_left_in_prefill_or_in_decode_frees_the_slot(
    real_backend: EmbeddedBackend,
) -> None:
    await real_backend.prepare()
    request = GenerateRequest(prompt=LONG, max_tokens=2000, deadline_s=PATIENT_S)

    prefill = asyncio.create_task(first_text(real_backend, request))
    running = await running_of(real_backend)
    while (await active(running)) == 0:
        pass
    prefill.cancel()
    await asyncio.gather(prefill, return_exceptions=True)
    await until_free(real_backend)
    decode = GenerateRequest(prompt="# numbers: 1, 2,", max_tokens=2000, deadline_s=PATIENT_S)
    await first_text(real_backend, decode)
    await until_free(real_backend)
    assert (await fill(real_backend)).strip() == "a + b"


async def test_a_kill_in_mid_stream_is_an_error_and_then_mends_itself(
    real_backend: EmbeddedBackend, model_state_dir: Path
) -> None:
    request = GenerateRequest(prompt="# numbers: 1, 2,", max_tokens=2000, deadline_s=PATIENT_S)
    note = None
    with pytest.raises(ModelError, match="broke down") as caught:
        async for _ in real_backend.generate(request):
            note = note or read_record(process_dir(model_state_dir))
            assert note is not None
            os.kill(note.pid, signal.SIGKILL)
    assert caught.value.kind is ModelErrorKind.INTERRUPTED
    async with asyncio.timeout(PATIENT_S):
        while True:
            try:
                text = await fill(real_backend)
                break
            except ModelError as error:
                assert error.kind is ModelErrorKind.STARTING
                await asyncio.sleep(error.retry_after_s or 0)
    assert text.strip() == "a + b"
    assert note is not None
    assert read_record(process_dir(model_state_dir)) != note


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")
async def test_the_server_itself_listens_nowhere(real_backend: EmbeddedBackend) -> None:
    await real_backend.prepare()
    assert listening_sockets() == set()


async def test_the_model_passes_its_test_as_the_catalogue_says(
    real_backend: EmbeddedBackend,
) -> None:
    settings = ModelSettings(name="embedded", provider="embedded", model=MODEL_NAME)
    said: list[str] = []
    report = await full.run(real_backend, settings, said.append)
    assert report.healthy
    assert report.origin is full.Origin.CATALOGUE
    assert report.unknown_markers == ()
    assert report.better_layout is Layout.FROZEN
    frozen, standard = report.scores
    assert frozen.exact > standard.exact
    assert report.speed.told
    assert report.speed.prefill_tokens_per_s > 1
    assert len(report.shown) == 3
    assert len(said) == 5


def texts_in(directory: Path) -> dict[str, str]:
    """Every file below `directory` by its name."""
    return {path.name: path.read_text() for path in directory.rglob("*") if path.is_file()}


def listening_sockets() -> set[str]:
    """Inodes of this process's own TCP sockets that listen."""
    own = {str(os.fstat(int(link.name)).st_ino) for link in open_sockets()}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return own & {row[9] for row in rows if row[3] == "0A"}


def open_sockets() -> list[Path]:
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if str(link.readlink()).startswith("socket:"):
                found.append(link)
    return found


async def running_of(backend: EmbeddedBackend) -> supervisor.Running:
    await backend.endpoint()
    assert backend._running is not None
    return backend._running


async def active(running: supervisor.Running) -> int:
    transport = Transport()
    answer = await transport.fetch_json(
        running.endpoint, "/aicopilot/status", deadline=Deadline(PATIENT_S)
    )
    await transport.aclose()
    return int(answer["active_requests"])
