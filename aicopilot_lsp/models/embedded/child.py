"""The engine seen from the model process: start it, learn where it listens, notice its end."""

import asyncio
import contextlib
import json
import os
import re
import secrets
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from aicopilot_lsp.config.settings import Secret
from aicopilot_lsp.errors import ModelProcessError
from aicopilot_lsp.models.embedded import hardware, leftovers
from aicopilot_lsp.models.embedded.engine import LOAD_TIMEOUT_S
from aicopilot_lsp.models.embedded.guard import Streams, Upstream
from aicopilot_lsp.models.embedded.record import MAX_SOCKET_PATH_BYTES, ProcessSpec

_MAX_CACHE_MIB = 1024
_STOP_S = 2.0
# After this line llama.cpp never returns (engine.py).
_GAVE_UP = re.compile(rb"exiting due to")
_COMPLAINT = re.compile(rb"^[\d.]+ E \w* *[\w~() ]*: (.+)$")


class Engine:
    """The child process. `start`, then `wait`; `stop` always."""

    def __init__(self, spec: ProcessSpec) -> None:
        self._spec = spec
        self._process: asyncio.subprocess.Process | None = None
        self._directory: Path | None = None
        self._reading: asyncio.Task[None] | None = None
        self._gave_up = asyncio.Event()
        self._complaint = ""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> Upstream:
        """Load the model.

        Raises
        ------
        ModelProcessError
            It can't be loaded; says what llama.cpp said.
        """
        key = Secret(secrets.token_urlsafe(32))
        host, self._directory = await asyncio.to_thread(_listening_place)
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", self._spec.engine),
            env=_environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdin and process.stdout and process.stderr  # noqa: S101 - asked for
        self._reading = asyncio.create_task(self._read_log(process.stderr))
        config = {
            "path": self._spec.path,
            "host": host,
            "key": key.reveal(),
            "context_tokens": self._spec.context_tokens,
            "threads": self._spec.threads or hardware.default_threads(),
            "cache_ram_mib": cache_ram_mib(hardware.ram_bytes()),
        }
        with contextlib.suppress(ConnectionError):  # it ended already: told below
            process.stdin.write(json.dumps(config).encode() + b"\n")
            await process.stdin.drain()
        address = await self._first_line(process.stdout)
        return Upstream(_connector(address), key)

    async def wait(self) -> str:
        """Wait for its end; says how it was."""
        assert self._process is not None  # noqa: S101 - started
        code = await self._process.wait()
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    async def stop(self) -> None:
        """End it and remove its socket."""
        if self._process is not None and self._process.returncode is None:
            assert self._process.stdin is not None  # noqa: S101 - asked for
            self._process.stdin.close()
            try:
                async with asyncio.timeout(_STOP_S):
                    await self._process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
                await self._process.wait()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._directory is not None:
            _remove(self._directory)

    async def _first_line(self, stdout: asyncio.StreamReader) -> str:
        """The address it listens at, once the model is loaded."""
        line = asyncio.ensure_future(stdout.readline())
        gave_up = asyncio.ensure_future(self._gave_up.wait())
        try:
            await asyncio.wait(
                (line, gave_up), timeout=LOAD_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
            )
            if line.done() and (text := line.result()):
                return str(json.loads(text)["address"])
        finally:
            for task in (line, gave_up):
                task.cancel()
            await asyncio.gather(line, gave_up, return_exceptions=True)
        raise ModelProcessError(await self._why())

    async def _why(self) -> str:
        assert self._process and self._reading  # noqa: S101 - started
        how = "it took too long"
        if self._gave_up.is_set():
            how = self._complaint or "llama.cpp gave no reason"
        elif self._process.stdout is not None and self._process.stdout.at_eof():
            how = f"it ended with {await self.wait()}"
            await self._reading
            how += f": {self._complaint}" if self._complaint else ""
        return f"The model {self._spec.model} could not be loaded: {how}."

    async def _read_log(self, stderr: asyncio.StreamReader) -> None:
        """Pass on what it says while it loads; no request has been made by then."""
        while line := await stderr.readline():
            sys.stderr.buffer.write(line)
            sys.stderr.flush()
            if _GAVE_UP.search(line):
                self._gave_up.set()
            elif (complaint := _COMPLAINT.match(line.rstrip())) and not self._complaint:
                self._complaint = complaint[1].decode("utf-8", "replace")


def cache_ram_mib(ram_bytes: int) -> int:
    """Memory for whole prompts' caches, what makes going back to a file warm: a sixteenth of the
    machine's, 1 GiB at most. llama.cpp's own default, 8 GiB, is a laptop's whole memory."""
    return max(64, min(_MAX_CACHE_MIB, ram_bytes // (16 << 20)))


def _environment() -> dict[str, str]:
    """llama.cpp's threads wait for each other at some hundred barriers a token. Where OpenMP spins
    there, a single other busy process stalls all of them: on two cores with four busy processes,
    the 0.5B wrote 1 to 2 tokens a second spinning and 14 to 16 sleeping ("passive"). Lower priority
    (nice 5) made it 1.3, so none is set: a completion is what somebody waits for."""
    return {"OMP_WAIT_POLICY": "passive", **os.environ}


def _listening_place() -> tuple[str, Path | None]:
    """A Unix socket in a fresh directory that only we may enter; loopback where there are none,
    or where the path is too long for one."""
    if sys.platform == "win32":
        return "127.0.0.1", None
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108
        if not parent or not os.access(parent, os.W_OK | os.X_OK):
            continue
        if len(os.fsencode(parent)) > MAX_SOCKET_PATH_BYTES - 40:
            continue
        leftovers.sweep(Path(parent))
        directory = leftovers.fresh_directory(Path(parent))
        return str(directory / leftovers.SOCKET_NAME), directory
    return "127.0.0.1", None


def _connector(address: str) -> "_Connect":
    parts = urlsplit(address)
    if parts.scheme == "unix":
        return _Connect(path=parts.path)
    return _Connect(host=parts.hostname or "127.0.0.1", port=parts.port or 0)


class _Connect:
    """Opens a connection to the engine when called."""

    def __init__(self, *, path: str = "", host: str = "", port: int = 0) -> None:
        self._path, self._host, self._port = path, host, port

    async def __call__(self) -> Streams:
        if self._path:
            return await asyncio.open_unix_connection(self._path)
        return await asyncio.open_connection(self._host, self._port)


def _remove(directory: Path) -> None:
    with contextlib.suppress(OSError):
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()
