"""Standard input and output, off the event loop: one thread reads, one writes.

Threads of our own, because pygls reads on the pool its handlers run on, and because neither side
may ever block the loop: a client that stops reading must not stop typing. Both use raw file
descriptors, so that no lock of a buffered stream is held when the interpreter ends.
"""

import asyncio
import os
import queue
import select
import sys
import threading
from collections.abc import Callable

_CHUNK_BYTES = 64 * 1024
# What may wait unread between the thread and the loop: then the pipe fills and the client waits.
_MAX_CHUNKS_AHEAD = 16
# A client that reads nothing for so long will not come back.
MAX_UNSENT_BYTES = 256 * 1024 * 1024


def claim_stdio() -> tuple[int, int]:
    """Take standard input and output for the protocol alone: (input, output) descriptors.

    What stays behind as 0 and 1 leads nowhere. A stray print can't damage the stream, and a process
    that is started later doesn't inherit it and keep it open.
    """
    reading, writing = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    if sys.platform != "win32":
        # Some editors make their pipes non-blocking: to read one would end at once, with an error.
        os.set_blocking(reading, True)
        os.set_blocking(writing, True)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(reading, os.O_BINARY)
        msvcrt.setmode(writing, os.O_BINARY)
    return reading, writing


class PipeReader:
    """Reads `fd` in a thread and hands what arrives to `feed`, then None at its end, on the loop.

    The thread stays at most sixteen chunks ahead of `more`, which the consumer calls once for each
    chunk it is done with.
    """

    def __init__(self, fd: int, feed: Callable[[bytes | None], None]) -> None:
        self._fd = fd
        self._feed = feed
        self._loop = asyncio.get_running_loop()
        self._credit = threading.Semaphore(_MAX_CHUNKS_AHEAD)
        # A daemon: it sits in read() when the server ends, and nothing can wake it there.
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def more(self) -> None:
        self._credit.release()

    def _read(self) -> None:
        while True:
            self._credit.acquire()
            try:
                chunk = os.read(self._fd, _CHUNK_BYTES)
            except OSError:
                chunk = b""
            try:
                self._loop.call_soon_threadsafe(self._feed, chunk or None)
            except RuntimeError:  # the loop is closed: the server has ended
                return
            if not chunk:
                return


class PipeWriter:
    """Writes to `fd` in a thread; `broken` is called on the loop, once, when that fails."""

    def __init__(self, fd: int, broken: Callable[[], None]) -> None:
        self._fd = fd
        self._broken = broken
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._unsent_bytes = 0
        self._is_broken = False
        self._thread = threading.Thread(target=self._write_all, name="stdout", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Have `data` written; never blocks, and does nothing once the pipe is broken."""
        with self._lock:
            self._unsent_bytes += len(data)
            if self._unsent_bytes > MAX_UNSENT_BYTES:
                self._give_up()
            if self._is_broken:
                return
        self._queue.put(data)

    def close(self, timeout_s: float = 2.0) -> None:
        """Write what is waiting, within `timeout_s`. The descriptor closes with the process."""
        self._queue.put(None)
        self._thread.join(timeout_s)

    def reader_is_gone(self) -> bool:
        """Whether nobody can read what is written any more; False where it can't be told."""
        if self._is_broken:
            return True
        if not hasattr(select, "poll"):
            return False
        poll = select.poll()
        poll.register(self._fd, 0)  # errors and hang-ups are reported unasked
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))

    def _write_all(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(self._fd, rest) :]
            except OSError:
                with self._lock:
                    self._give_up()
                return
            with self._lock:
                self._unsent_bytes -= len(data)

    def _give_up(self) -> None:
        if self._is_broken:
            return
        self._is_broken = True
        try:
            self._loop.call_soon_threadsafe(self._broken)
        except RuntimeError:
            return  # the loop is closed: the server has ended
