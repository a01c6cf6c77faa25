"""A language server that answers inline completion from a script, for tests of editor plug-ins.

It is a process of its own that speaks LSP over stdio, and needs the standard library only, so that
it starts in a moment and does just what the test says. `python scripted_lsp.py SCRIPT LOG`:
SCRIPT is JSON (see `Script`), read anew for each request; LOG gets each message as a JSON line.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypedDict

INLINE_COMPLETION = "textDocument/inlineCompletion"
ACCEPTED_COMMAND = "scripted.accepted"
REQUEST_CANCELLED = -32800


class Item(TypedDict, total=False):
    """A suggestion that replaces `back` characters before the cursor and `forward` after it."""

    text: str
    back: int
    forward: int
    no_range: bool
    id: str  # if given, the item has a command with this argument


class Answer(TypedDict, total=False):
    """What to say where the cursor's line up to the cursor is `at`; the first that fits counts."""

    at: str
    trigger: int  # only for this trigger kind
    items: list[Item]
    null: bool
    hold: bool  # until the file `release` exists beside the script, or the client cancels
    deaf: bool  # as `hold`, but cancelling does not help
    exit: int  # die with this code instead


def says(at: str, *items: Item) -> Answer:
    return {"at": at, "items": list(items)}


class Script(TypedDict, total=False):
    encoding: str
    answers: list[Answer]


def units(text: str, encoding: str) -> int:
    if encoding == "utf-8":
        return len(text.encode())
    if encoding == "utf-16":
        return len(text.encode("utf-16-le")) // 2
    return len(text)


def column(line: str, character: int, encoding: str) -> int:
    return next(i for i in range(len(line) + 1) if units(line[:i], encoding) >= character)


class Server:
    def __init__(self, script: Path, log: Path) -> None:
        self.script_path = script
        self.log_path = log
        self.encoding = "utf-16"
        self.texts: dict[str, str] = {}
        self.held: dict[int, asyncio.Task[None]] = {}
        self.deaf: set[int] = set()

    def script(self) -> Script:
        return json.loads(self.script_path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]

    def log(self, message: dict[str, Any]) -> None:
        with self.log_path.open("a", encoding="utf-8") as out:
            out.write(json.dumps(message) + "\n")

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        sys.stdout.buffer.flush()

    async def serve(self, read: Callable[[], Awaitable[dict[str, Any] | None]]) -> None:
        while (message := await read()) is not None:
            self.log(message)
            method, params = message.get("method", ""), message.get("params") or {}
            if method == "exit":
                return
            if method == "textDocument/didOpen":
                document = params["textDocument"]
                self.texts[document["uri"]] = document["text"]
            elif method == "textDocument/didChange":
                self.texts[params["textDocument"]["uri"]] = params["contentChanges"][-1]["text"]
            elif method == "$/cancelRequest":
                if params["id"] not in self.held or params["id"] in self.deaf:
                    continue
                self.held.pop(params["id"]).cancel()
                error = {"code": REQUEST_CANCELLED, "message": "cancelled"}
                self.send({"id": params["id"], "error": error})
            elif method == INLINE_COMPLETION:
                self.complete(message["id"], params)
            elif method == "initialize":
                self.send({"id": message["id"], "result": self.initialize()})
            elif "id" in message and method:
                self.send({"id": message["id"], "result": None})

    def initialize(self) -> dict[str, Any]:
        self.encoding = self.script().get("encoding", "utf-16")
        return {
            "capabilities": {
                "positionEncoding": self.encoding,
                "textDocumentSync": {"openClose": True, "change": 1},
                "inlineCompletionProvider": {},
                "executeCommandProvider": {"commands": [ACCEPTED_COMMAND]},
                "experimental": {"aicopilot": {"diagnostics": True}},
            }
        }

    def complete(self, request_id: int, params: dict[str, Any]) -> None:
        line_number = params["position"]["line"]
        text = self.texts[params["textDocument"]["uri"]].replace("\r\n", "\n")
        line = text.split("\n")[line_number]
        cursor = column(line, params["position"]["character"], self.encoding)
        kind = params["context"]["triggerKind"]
        nothing: Answer = {"items": []}
        fitting = (
            answer
            for answer in self.script().get("answers", [])
            if answer["at"] == line[:cursor] and answer.get("trigger", kind) == kind
        )
        answer = next(fitting, nothing)
        if "exit" in answer:
            os._exit(answer["exit"])
        result: dict[str, Any] | None = None
        if not answer.get("null"):
            items = [self.item(item, line_number, line, cursor) for item in answer["items"]]
            result = {"items": items}
        if answer.get("hold") or answer.get("deaf"):
            if answer.get("deaf"):
                self.deaf.add(request_id)
            self.held[request_id] = asyncio.create_task(self.hold(request_id, result))
        else:
            self.send({"id": request_id, "result": result})

    def item(self, item: Item, line_number: int, line: str, cursor: int) -> dict[str, Any]:
        def position(at: int) -> dict[str, int]:
            return {"line": line_number, "character": units(line[:at], self.encoding)}

        message: dict[str, Any] = {"insertText": item["text"]}
        if not item.get("no_range"):
            start, end = cursor - item.get("back", 0), cursor + item.get("forward", 0)
            message["range"] = {"start": position(start), "end": position(end)}
        if "id" in item:
            message["command"] = {
                "title": "accepted",
                "command": ACCEPTED_COMMAND,
                "arguments": [item["id"]],
            }
        return message

    async def hold(self, request_id: int, result: dict[str, Any] | None) -> None:
        release = self.script_path.with_name("release")
        while not release.exists():  # noqa: ASYNC110 - set by another process
            await asyncio.sleep(0.005)
        del self.held[request_id]
        self.send({"id": request_id, "result": result})


async def main() -> None:
    reader = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )

    async def read() -> dict[str, Any] | None:
        size = 0
        while header := (await reader.readline()).strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        return json.loads(await reader.readexactly(size)) if size else None

    await Server(Path(sys.argv[1]), Path(sys.argv[2])).serve(read)


if __name__ == "__main__":
    asyncio.run(main())
