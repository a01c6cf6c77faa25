"""Where editors find the model process, and that they are never led elsewhere.

The process is real; its engine is tests/support/scripted_engine.py, which needs no model.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelError, ModelProcessError
from aicopilot_lsp.models.embedded import record, starting, supervisor
from aicopilot_lsp.models.embedded.record import Record, process_dir, read_record
from aicopilot_lsp.models.http import Transport
from tests.models.embedded.processes import SPEC, answer, embedded_at, until_dead

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


@pytest.fixture(params=["socket", "port"])
def state_dir(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """In one case the path is too long for a socket."""
    return tmp_path / ("s" if request.param == "socket" else "s" * 100)


@pytest.fixture(autouse=True)
async def _stopped(state_dir: Path, transport: Transport) -> AsyncIterator[None]:
    yield
    await supervisor.stop(state_dir, transport)


def note_of(state_dir: Path) -> Record:
    note = read_record(process_dir(state_dir))
    assert note is not None
    return note


@contextmanager
def waiting_process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as made:
        yield made
        made.kill()


@asynccontextmanager
async def listener(port: int) -> AsyncIterator[list[int]]:
    """Takes the port and answers nothing; tells the number of connections."""
    came: list[int] = []

    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(1)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    yield came
    server.close()


async def test_nothing_is_sent_to_who_took_over_the_port(
    state_dir: Path, transport: Transport
) -> None:
    first = await supervisor.ensure(SPEC, state_dir, transport)
    port = note_of(state_dir).port
    os.kill(first.pid, signal.SIGKILL)
    await until_dead(state_dir)
    async with listener(port) as came:
        assert await supervisor.status(state_dir, transport) is None
        second = await supervisor.ensure(SPEC, state_dir, transport)
        assert not came
    assert second.pid != first.pid


async def test_an_editor_that_knows_the_process_sends_nothing_to_its_successor(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with embedded_at(state_dir, monkeypatch) as backend:
        await answer(backend)
        note = note_of(state_dir)
        os.kill(note.pid, signal.SIGKILL)
        await until_dead(state_dir)
        async with listener(note.port) as came:
            with pytest.raises(ModelError, match="broke down"):
                await answer(backend)
            assert not came


async def test_those_who_look_do_not_take_each_other_for_the_process(state_dir: Path) -> None:
    directory = starting.prepare(state_dir)
    with record._lock_looked_at(directory):
        assert not supervisor.lives(state_dir)
    with record.process_lock(directory):
        assert supervisor.lives(state_dir)


async def test_a_note_of_a_living_process_is_not_taken_away(state_dir: Path) -> None:
    directory = starting.prepare(state_dir)
    record.write_record(directory, Record(pid=1, port=9, key=Secret("k")))
    with record.process_lock(directory):
        assert not record.remove_stale_record(directory)
        assert read_record(directory) is not None
    assert record.remove_stale_record(directory)
    assert read_record(directory) is None


@pytest.mark.parametrize("started", [None, "1"])
async def test_a_pid_that_may_be_anothers_is_not_signalled(
    state_dir: Path, transport: Transport, monkeypatch: pytest.MonkeyPatch, started: str | None
) -> None:
    monkeypatch.setattr(supervisor, "_STOP_TIMEOUT_S", 0.1)
    monkeypatch.setattr(supervisor, "_STATUS_TIMEOUT_S", 0.1)
    directory = starting.prepare(state_dir)
    with waiting_process() as innocent:
        note = Record(pid=innocent.pid, port=9, key=Secret("k"), started=started)
        record.write_record(directory, note)
        with record.process_lock(directory), pytest.raises(ModelProcessError, match="not end"):
            await supervisor.stop(state_dir, transport)
        assert innocent.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="a process's start is not told elsewhere")
async def test_a_process_that_hangs_is_stopped(
    state_dir: Path, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = await supervisor.ensure(SPEC, state_dir, transport)
    monkeypatch.setattr(supervisor, "_STOP_TIMEOUT_S", 0.4)
    monkeypatch.setattr(supervisor, "_STATUS_TIMEOUT_S", 0.1)
    os.kill(running.pid, signal.SIGSTOP)
    assert await supervisor.stop(state_dir, transport)
    assert not supervisor.lives(state_dir)


async def test_a_process_whose_note_was_removed_is_found_again(
    state_dir: Path, transport: Transport
) -> None:
    first = await supervisor.ensure(SPEC, state_dir, transport)
    record.remove_record(process_dir(state_dir))
    assert (await supervisor.ensure(SPEC, state_dir, transport)).pid == first.pid
    record.remove_record(process_dir(state_dir))
    assert await supervisor.stop(state_dir, transport)
    assert not supervisor.lives(state_dir)


async def test_a_process_whose_state_directory_was_removed_ends(
    state_dir: Path, transport: Transport
) -> None:
    first = await supervisor.ensure(SPEC, state_dir, transport)
    shutil.rmtree(state_dir)
    second = await supervisor.ensure(SPEC, state_dir, transport)
    assert second.pid != first.pid
    await until_ended(first.pid)
    assert (await supervisor.ensure(SPEC, state_dir, transport)).pid == second.pid


async def test_an_editor_that_ends_while_it_starts_the_process_holds_up_nobody(
    state_dir: Path, transport: Transport
) -> None:
    starting.reap()
    before = {child.pid for child in starting._children}
    first = asyncio.create_task(supervisor.ensure(SPEC, state_dir, transport))
    while not (started := {child.pid for child in starting._children} - before):  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    running = await supervisor.ensure(SPEC, state_dir, transport)
    for pid in started | {child.pid for child in starting._children} - before:
        if pid != running.pid:
            await until_ended(pid)


async def until_ended(pid: int) -> None:
    """Wait for a child of ours that is the process no more."""
    async with asyncio.timeout(60):
        while any(child.pid == pid for child in starting._children):
            await asyncio.sleep(0.01)
            starting.reap()
