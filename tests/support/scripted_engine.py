"""An engine without a model, for tests of the model process: run as engine.py is, with its promise.

The "model path" it is given says what it does: "fail" complains and ends, "stuck" complains as
llama.cpp does and never ends, "loading" never says that it has loaded, anything else serves. A
request to /completion gets a stream: "one", then silence until it is left, unless its path is
"answers"; with "silent" nothing at all, with "reading" only word that the prompt
is read. /die ends it at once.
"""

import asyncio
import json
import os
import sys

from aicopilot_lsp.models.embedded.engine import remove_socket

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

_PROGRESS = (
    b'data: {"content": "", "stop": false, "prompt_progress": '
    b'{"total": 9, "cache": 0, "processed": 4, "time_ms": 1}, '
    b'"timings": {"prompt_n": 4, "cache_n": 0, "prompt_ms": 1}}\n\n'
)


def _event(content: str, *, stop: bool) -> bytes:
    return b"data: " + json.dumps({"content": content, "stop": stop}).encode() + b"\n\n"


async def _serve(host: str, path: str) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST /die"):
            os._exit(9)
        if path == "silent":
            await reader.read()
        if path == "reading":
            writer.write(_HEAD + _PROGRESS)
            await writer.drain()
            await reader.read()
        writer.write(_HEAD + _event("one", stop=False))
        if path == "answers":
            writer.write(_event("", stop=True))
        else:
            await writer.drain()
            await reader.read()
        writer.close()

    if host.endswith(".sock"):
        server = await asyncio.start_unix_server(handle, host)
        address = f"unix://{host}"
    else:
        server = await asyncio.start_server(handle, host, 0)
        address = "http://{}:{}".format(*server.sockets[0].getsockname())
    print(json.dumps({"address": address}), flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.buffer.read)
    remove_socket(host)
    os._exit(0)


def main() -> None:
    config = json.loads(sys.stdin.buffer.readline())
    if config["path"] in ("fail", "stuck"):
        print("0.00.1 E llama_model_load: error loading model: no tensors", file=sys.stderr)
        if config["path"] == "fail":
            sys.exit(1)
        print("0.00.2 E srv init: exiting due to model loading error", file=sys.stderr, flush=True)
        sys.stdin.buffer.read()
        return
    if config["path"] == "loading":
        sys.stdin.buffer.read()
        return
    asyncio.run(_serve(config["host"], config["path"]))


if __name__ == "__main__":
    main()
