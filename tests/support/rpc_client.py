"""A raw JSON-RPC client over real pipes, for what no well-behaved client does.

It can split frames anywhere, close either pipe, send any bytes, and says of each answer what came
in which order. Reading is in a thread, so that a test waits with a deadline and never hangs.
"""

import contextlib
import itertools
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support import canary

ROOT = Path(__file__).resolve().parents[2]
SCRIPTED = (sys.executable, "-m", "tests.support.scripted_server")
DEADLINE_S = 30.0  # far beyond what anything takes; a test that reaches it has failed
INLINE = {"textDocument": {"inlineCompletion": {"dynamicRegistration": False}}}

Message = dict[str, Any]


def frame(message: object) -> bytes:
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


class RpcClient:
    """A server process and the two pipes to it. Use as a context manager."""

    def __init__(
        self,
        command: Sequence[str] = SCRIPTED,
        *,
        env: Mapping[str, str] | None = None,
        state_dir: Path | None = None,
        cwd: Path = ROOT,
        stdin: int = subprocess.PIPE,
    ) -> None:
        self._own_dir = None if state_dir else tempfile.TemporaryDirectory(prefix="aicopilot-")
        self.state_dir = state_dir or Path(self._own_dir.name if self._own_dir else ".")
        places = {
            "AICOPILOT_STATE_DIR": str(self.state_dir),
            "AICOPILOT_CACHE_DIR": str(self.state_dir / "cache"),
            "XDG_CONFIG_HOME": str(self.state_dir / "config"),
            "PYTHONPATH": str(ROOT),
        }
        self.process = subprocess.Popen(
            list(command),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **places, **(env or {})},
            cwd=cwd,
        )
        self._arrived: queue.SimpleQueue[Message | list[Message] | None] = queue.SimpleQueue()
        self._kept: list[Message | list[Message]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ids = (f"own {number}" for number in itertools.count(1))

    # Sending

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, *messages: object) -> None:
        """Messages in one write, so that they are read together."""
        self.send_bytes(b"".join(map(frame, messages)))

    def notify(self, method: str, params: object = None) -> None:
        self.send(notification(method, params))

    def request(self, method: str, params: object = None) -> Any:
        """Send a request and return its result; an error answer is an AssertionError."""
        message_id = next(self._ids)
        self.send(request(message_id, method, params))
        answer = self.answer(message_id)
        assert "error" not in answer, answer
        return answer["result"]

    def initialize(self, **params: object) -> Any:
        """`initialize` and `initialized`, as a client with ghost text and no more."""
        params.setdefault("capabilities", INLINE)
        result = self.request("initialize", {"processId": None, "rootUri": None, **params})
        self.notify("initialized", {})
        return result

    def ready(self) -> None:
        """Return when configuration is in force: from here on, work begins at once."""
        uri = "file:///scratch"
        self.send(did_open(uri, ""), inline("ready", uri, 0, 0))
        assert "result" in self.answer("ready")

    def settle(self) -> None:
        """Return when what was sent so far has begun: the server's loop has turned a few times."""
        for _ in range(5):
            self.request("workspace/executeCommand", {"command": "aicopilot.whyNothing"})

    # Receiving

    def receive(self) -> Message | list[Message]:
        """The next message, in order of arrival."""
        if self._kept:
            return self._kept.pop(0)
        return self._next()

    def take(self) -> Message | list[Message] | None:
        """The next message however long it takes; None at the end of the stream."""
        return self._arrived.get()

    def answer(self, message_id: object) -> Message:
        """The answer with that id; whatever else arrives is kept for later."""
        return self.until(lambda message: message.get("id") == message_id and is_answer(message))

    def until_method(self, method: str) -> Message:
        """The next request or notification from the server with that method."""
        return self.until(lambda message: message.get("method") == method)

    def until(self, wanted: Any) -> Message:
        for at, message in enumerate(self._kept):
            if isinstance(message, dict) and wanted(message):
                del self._kept[at]
                return message
        while True:
            message = self._next()
            if isinstance(message, dict) and wanted(message):
                return message
            self._kept.append(message)

    @property
    def unread(self) -> list[Message | list[Message]]:
        """What has arrived and nobody asked for."""
        while not self._arrived.empty():
            if (message := self._arrived.get_nowait()) is not None:
                self._kept.append(message)
        return list(self._kept)

    def _next(self) -> Message | list[Message]:
        try:
            message = self._arrived.get(timeout=DEADLINE_S)
        except queue.Empty:
            raise AssertionError(f"no answer; kept {self._kept}\n{self.log()}") from None
        assert message is not None, (
            f"the server closed its output\n{self.log()}{self._last_words()}"
        )
        return message

    def _read(self) -> None:
        assert self.process.stdout is not None
        stdout = self.process.stdout
        while True:
            size = 0
            while line := stdout.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    size = int(value)
            if not size:
                self._arrived.put(None)
                return
            body = stdout.read(size)
            canary.watch("a message to the client", body)
            self._arrived.put(json.loads(body))

    # Ending

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def hang_up(self) -> None:
        """Close our end of the server's output, as a dying editor does.

        The reading thread sits on that pipe, so the file under it is exchanged for an empty one.
        """
        assert self.process.stdout is not None
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, self.process.stdout.fileno())
        os.close(nothing)

    def wait(self) -> int:
        """The exit code, once the process has ended by itself."""
        return self.process.wait(DEADLINE_S)

    def stop(self) -> int:
        self.request("shutdown")
        self.notify("exit")
        return self.wait()

    def log(self) -> str:
        """What the server wrote to its log files."""
        found = sorted((self.state_dir / "logs").glob("*.log*"))
        text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in found)
        canary.watch("the server's log", text)
        return text

    def stderr(self) -> str:
        """All of standard error; after the end of the process."""
        assert self.process.stderr is not None
        text = self.process.stderr.read().decode(errors="replace")
        canary.watch("the server's standard error", text)
        return text

    def _last_words(self) -> str:
        return self.stderr() if self.process.wait(DEADLINE_S) else ""

    def __enter__(self) -> "RpcClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(DEADLINE_S)
        self.log()
        if self.process.stderr is not None and not self.process.stderr.closed:
            self.stderr()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # bytes for a server that has gone
                    pipe.close()
        if self._own_dir is not None:
            self._own_dir.cleanup()


def request(message_id: object, method: str, params: object = None) -> Message:
    return {"jsonrpc": "2.0", "id": message_id, "method": method, "params": params}


def notification(method: str, params: object = None) -> Message:
    return {"jsonrpc": "2.0", "method": method, "params": params}


def is_answer(message: Message) -> bool:
    return "method" not in message


def did_open(uri: str, text: str, *, version: int = 1, language: str = "python") -> Message:
    document = {"uri": uri, "languageId": language, "version": version, "text": text}
    return notification("textDocument/didOpen", {"textDocument": document})


def did_change(uri: str, version: int, *changes: object) -> Message:
    document = {"uri": uri, "version": version}
    return notification(
        "textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)}
    )


def insert(line: int, character: int, text: str) -> Message:
    at = {"line": line, "character": character}
    return {"range": {"start": at, "end": at}, "text": text}


def inline(
    message_id: object, uri: str, line: int, character: int, *, kind: int = 2, **context: object
) -> Message:
    return request(
        message_id,
        "textDocument/inlineCompletion",
        {
            "textDocument": {"uri": uri},
            "position": {"line": line, "character": character},
            "context": {"triggerKind": kind, **context},
        },
    )


def cancel(message_id: object) -> Message:
    return notification("$/cancelRequest", {"id": message_id})
