"""Pipes in threads: the loop is never blocked, and a broken pipe is noticed."""

import asyncio
import os
import select

import pytest

from aicopilot_lsp.lsp.transport import PipeReader, PipeWriter


async def test_what_is_written_arrives_in_order_and_the_rest_at_close() -> None:
    reading, writing = os.pipe()
    writer = PipeWriter(writing, lambda: None)
    for number in range(100):
        writer.write(b"%d," % number)
    writer.close()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"".join(b"%d," % number for number in range(100))


async def test_a_client_that_does_not_read_does_not_block_the_writer() -> None:
    reading, writing = os.pipe()
    broken = asyncio.Event()
    writer = PipeWriter(writing, broken.set)
    writer.write(b"x" * 10_000_000)  # far more than a pipe holds
    os.close(reading)
    await broken.wait()
    assert writer.reader_is_gone()
    writer.write(b"nobody")
    writer.close()
    os.close(writing)


@pytest.mark.skipif(not hasattr(select, "poll"), reason="no poll() on this platform")
async def test_a_reader_that_has_gone_is_noticed_without_writing() -> None:
    reading, writing = os.pipe()
    writer = PipeWriter(writing, lambda: None)
    assert not writer.reader_is_gone()
    os.close(reading)
    assert writer.reader_is_gone()
    writer.close()
    os.close(writing)


async def test_what_is_read_is_fed_in_order_and_the_end_is_none() -> None:
    reading, writing = os.pipe()
    fed: asyncio.Queue[bytes | None] = asyncio.Queue()
    reader = PipeReader(reading, fed.put_nowait)
    os.write(writing, b"one")
    assert await fed.get() == b"one"
    reader.more()
    os.write(writing, b"two")
    assert await fed.get() == b"two"
    os.close(writing)
    assert await fed.get() is None
    os.close(reading)


async def test_the_reader_stays_sixteen_chunks_ahead_at_most() -> None:
    reading, writing = os.pipe()
    fed: asyncio.Queue[bytes | None] = asyncio.Queue()
    reader = PipeReader(reading, fed.put_nowait)
    got = []
    for number in range(40):
        os.write(writing, b"%d" % (number % 10))
        if number < 16:
            got.append(await fed.get())
    assert fed.empty()
    os.close(writing)
    for _ in range(40):
        reader.more()
    while (chunk := await fed.get()) is not None:
        got.append(chunk)
    assert b"".join(filter(None, got)) == b"0123456789" * 4
    os.close(reading)
