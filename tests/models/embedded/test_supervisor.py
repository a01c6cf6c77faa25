"""One model process for all editors: raced for, found again, replaced, and never in doubt.

The process is real; its engine is tests/support/scripted_engine.py, which needs no model.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind, ModelProcessError
from aicopilot_lsp.models.embedded import record, starting, supervisor
from aicopilot_lsp.models.embedded.backend import EmbeddedBackend
from aicopilot_lsp.models.embedded.record import process_dir, read_record
from aicopilot_lsp.models.http import Deadline, Transport
from aicopilot_lsp.models.protocol import Finished, TextChunk
from tests.models.embedded.processes import SPEC, answer, embedded_at, until_dead

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


@pytest.fixture
async def state_dir(tmp_path: Path, transport: Transport) -> AsyncIterator[Path]:
    path = tmp_path / "state"
    yield path
    await supervisor.stop(path, transport)


async def test_one_start_serves_all_who_ask_at_once(state_dir: Path, transport: Transport) -> None:
    starts = (supervisor.ensure(SPEC, state_dir, transport) for _ in range(8))
    running = await asyncio.gather(*starts)
    assert len({one.pid for one in running}) == 1


async def test_eight_editors_that_start_at_once_share_one_process(
    state_dir: Path, transport: Transport
) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path\n"
        "from aicopilot_lsp.models.embedded import supervisor\n"
        "from aicopilot_lsp.models.embedded.record import ProcessSpec\n"
        "from aicopilot_lsp.models.http import Transport\n"
        "async def main():\n"
        "    transport = Transport()\n"
        "    spec = ProcessSpec.from_json(sys.argv[2])\n"
        "    print((await supervisor.ensure(spec, Path(sys.argv[1]), transport)).pid)\n"
        "    await transport.aclose()\n"
        "asyncio.run(main())\n"
    )
    arguments = (sys.executable, "-c", program, str(state_dir), SPEC.to_json())
    editors = [
        await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
        for _ in range(8)
    ]
    answers = [(await editor.communicate())[0] for editor in editors]
    assert len(set(answers)) == 1
    # It has outlived those who started it.
    running = await supervisor.status(state_dir, transport)
    assert running is not None
    assert running.pid == int(answers[0])


async def test_the_note_and_the_log_are_for_their_owner_only(
    state_dir: Path, transport: Transport
) -> None:
    await supervisor.ensure(SPEC, state_dir, transport)
    directory = process_dir(state_dir)
    assert directory.stat().st_mode & 0o777 == 0o700
    for path in directory.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path.name


async def test_a_note_of_a_dead_process_is_replaced(state_dir: Path, transport: Transport) -> None:
    first = await supervisor.ensure(SPEC, state_dir, transport)
    os.kill(first.pid, signal.SIGKILL)
    await until_dead(state_dir)
    assert supervisor.crashed(state_dir, first.pid)
    second = await supervisor.ensure(SPEC, state_dir, transport)
    assert second.pid != first.pid


@pytest.mark.parametrize("note", ["", "{", "[]", '{"pid": 1}', '{"pid": -1, "port": 0, "key": ""}'])
async def test_a_damaged_note_is_replaced(state_dir: Path, transport: Transport, note: str) -> None:
    directory = process_dir(state_dir)
    directory.mkdir(parents=True)
    (directory / "process.json").write_text(note)
    assert (await supervisor.ensure(SPEC, state_dir, transport)).status["state"] == "ready"


async def test_a_note_with_a_reused_pid_and_a_foreign_port_is_replaced(
    state_dir: Path, transport: Transport
) -> None:
    async def foreign(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(foreign, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    directory = process_dir(state_dir)
    directory.mkdir(parents=True)
    note = {"pid": os.getpid(), "port": port, "key": "k"}
    (directory / "process.json").write_text(json.dumps(note))
    running = await supervisor.ensure(SPEC, state_dir, transport)
    assert running.pid != os.getpid()
    server.close()
    await server.wait_closed()


async def test_a_wrong_key_opens_nothing(state_dir: Path, transport: Transport) -> None:
    running = await supervisor.ensure(SPEC, state_dir, transport)
    with pytest.raises(ModelError) as caught:
        await transport.fetch_json(
            replace(running.endpoint, key=None), "/health", deadline=Deadline(5)
        )
    assert caught.value.kind is ModelErrorKind.AUTH


async def test_another_model_is_refused_while_the_first_is_in_use(
    state_dir: Path, transport: Transport
) -> None:
    await supervisor.ensure(SPEC, state_dir, transport)
    with pytest.raises(ModelError, match="in use") as caught:
        await supervisor.ensure(replace(SPEC, sha256="1" * 64), state_dir, transport)
    assert caught.value.kind is ModelErrorKind.BUSY


async def test_another_model_replaces_one_that_nobody_uses(
    state_dir: Path, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "REPLACE_AFTER_IDLE_S", 0.0)
    first = await supervisor.ensure(SPEC, state_dir, transport)
    second = await supervisor.ensure(replace(SPEC, context_tokens=2048), state_dir, transport)
    assert second.pid != first.pid
    assert second.status["context_tokens"] == 2048


async def test_other_threads_take_what_runs(state_dir: Path, transport: Transport) -> None:
    first = await supervisor.ensure(SPEC, state_dir, transport)
    second = await supervisor.ensure(replace(SPEC, threads=3), state_dir, transport)
    assert second.pid == first.pid


@pytest.mark.parametrize("path", ["fail", "stuck"])
async def test_a_model_that_cannot_be_loaded_is_said_with_its_reason(
    state_dir: Path, transport: Transport, path: str
) -> None:
    with pytest.raises(ModelProcessError, match="no tensors"):
        await supervisor.ensure(replace(SPEC, path=path), state_dir, transport)


async def test_it_ends_when_nobody_uses_it(state_dir: Path, transport: Transport) -> None:
    await supervisor.ensure(replace(SPEC, idle_s=0.2), state_dir, transport)
    await until_dead(state_dir)
    assert read_record(process_dir(state_dir)) is None


async def test_stopping_twice_is_no_error(state_dir: Path, transport: Transport) -> None:
    await supervisor.ensure(SPEC, state_dir, transport)
    assert await supervisor.stop(state_dir, transport)
    assert not await supervisor.stop(state_dir, transport)
    assert await supervisor.status(state_dir, transport) is None


async def test_a_state_directory_that_cannot_be_written_is_one_message(
    tmp_path: Path, transport: Transport
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelProcessError, match="can't be written"):
        await supervisor.ensure(SPEC, tmp_path / "file", transport)


async def test_a_full_disk_is_one_message(
    state_dir: Path, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(starting, "_spawn", full)
    with pytest.raises(ModelProcessError, match="No space left"):
        await supervisor.ensure(SPEC, state_dir, transport)


async def test_a_note_that_cannot_be_written_is_one_message(
    state_dir: Path, transport: Transport
) -> None:
    directory = process_dir(state_dir)
    (directory / "process.json").mkdir(parents=True)
    with pytest.raises(ModelProcessError, match="can't be written"):
        await supervisor.ensure(SPEC, state_dir, transport)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def embedded(
    state_dir: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[EmbeddedBackend]:
    async with embedded_at(state_dir, monkeypatch, clock=clock) as made:
        yield made


async def test_the_first_request_starts_the_process(embedded: EmbeddedBackend) -> None:
    text, finished = await answer(embedded)
    assert isinstance(text, TextChunk)
    assert isinstance(finished, Finished)


async def test_a_process_that_ended_in_order_is_started_within_the_request(
    embedded: EmbeddedBackend, state_dir: Path, transport: Transport
) -> None:
    await answer(embedded)
    await supervisor.stop(state_dir, transport)
    assert len(await answer(embedded)) == 2


async def test_a_breakdown_is_said_once_and_mended_after_a_pause(
    embedded: EmbeddedBackend, state_dir: Path, clock: Clock
) -> None:
    await answer(embedded)
    note = read_record(process_dir(state_dir))
    assert note is not None
    os.kill(note.pid, signal.SIGKILL)
    await until_dead(state_dir)
    with pytest.raises(ModelError, match="broke down") as caught:
        await answer(embedded)
    assert caught.value.kind is ModelErrorKind.INTERRUPTED
    with pytest.raises(ModelError) as caught:
        await answer(embedded)
    assert caught.value.kind is ModelErrorKind.STARTING
    assert caught.value.retry_after_s == 1
    clock.now += 1
    assert len(await answer(embedded)) == 2


async def test_an_engine_that_dies_takes_its_guard_along_and_is_a_breakdown(
    embedded: EmbeddedBackend, state_dir: Path, transport: Transport
) -> None:
    endpoint = await embedded.endpoint()
    with pytest.raises(ModelError):
        await transport.fetch_json(endpoint, "/die", body={}, deadline=Deadline(10))
    await until_dead(state_dir)
    with pytest.raises(ModelError, match="broke down"):
        await answer(embedded)
    log = record.log_path(process_dir(state_dir)).read_text()
    assert "the engine ended with exit code 9" in log


async def test_a_request_that_is_given_up_does_not_stop_the_start(
    embedded: EmbeddedBackend, state_dir: Path
) -> None:
    first = asyncio.create_task(answer(embedded))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert len(await answer(embedded)) == 2
