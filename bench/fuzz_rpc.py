"""Damaged messages over a real pipe: the server lives, and answers each request exactly once.

    python bench/fuzz_rpc.py --messages 1000000 [--seed N]        (make fuzz-rpc)

Messages are damaged in their values, their bytes and their framing. What has to be answered is
worked out from the bytes by `expected_ids`, written apart from the server's own reading. The run
fails when an answer is missing or comes twice, when the process dies, or when its memory grows by
20 MB or more between a tenth of the messages and the end.
"""

import argparse
import json
import math
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.support import rpc_client as rpc

MAX_GROWTH_MB = 20.0
DOCUMENTS = 5
BARRIER = "last message"
DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True)
class Report:
    messages: int
    requests: int
    missing: int
    surplus: int
    alive: bool
    growth_mb: float
    rss_mb: float
    seconds: float

    @property
    def passed(self) -> bool:
        return (
            self.alive and not self.missing and not self.surplus and self.growth_mb < MAX_GROWTH_MB
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes to send, and what has to be answered because of them."""

    data: bytes
    ids: tuple[str, ...]


def run(messages: int, seed: int) -> Report:
    """Send `messages` to a server process of its own, and count the answers."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, rpc.RpcClient(state_dir=Path(folder)) as client:
        client.initialize()
        client.ready()
        answers = _Answers(client)
        process = psutil.Process(client.process.pid)
        expected: Counter[str] = Counter()
        started, early_mb = time.perf_counter(), 0.0
        alive = True
        for count, piece in enumerate(pieces(rng, messages)):
            expected.update(piece.ids)
            try:
                client.send_bytes(piece.data)
            except BrokenPipeError:
                alive = False
                break
            if count == messages // 10:
                early_mb = _rss_mb(process)
        rss_mb = early_mb
        if alive:
            alive = answers.wait_for_barrier(client)
            rss_mb = _rss_mb(process) if alive else early_mb
        seen = answers.counts
        return Report(
            messages=messages,
            requests=expected.total(),
            missing=(expected - seen).total(),
            surplus=(seen - expected).total(),
            alive=alive and client.process.poll() is None,
            growth_mb=rss_mb - early_mb,
            rss_mb=rss_mb,
            seconds=time.perf_counter() - started,
        )


class _Answers:
    """Reads what the server sends, all the time, so that it is never held up."""

    def __init__(self, client: rpc.RpcClient) -> None:
        self.counts: Counter[str] = Counter()
        self._barrier = threading.Event()
        self._client = client
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for_barrier(self, client: rpc.RpcClient) -> bool:
        """Return when all has been answered; False when the server has stopped answering."""
        # Held work is released first, or its answers would never come; they take a few turns of
        # the server's loop, as long as some round trips.
        release = {"command": "aicopilot.accept", "arguments": ["release"]}
        client.send(rpc.request("release", "workspace/executeCommand", release))
        why = {"command": "aicopilot.whyNothing"}
        for _ in range(5):
            self._barrier.clear()
            client.send(rpc.request(BARRIER, "workspace/executeCommand", why))
            if not self._barrier.wait(DEADLINE_S):
                return False
        return True

    def _read(self) -> None:
        while (message := self._client.take()) is not None:
            answers: list[rpc.Message] = message if isinstance(message, list) else [message]
            for each in answers:
                if not rpc.is_answer(each):
                    continue
                if each["id"] == BARRIER:
                    self._barrier.set()
                elif each["id"] not in (None, "release"):
                    self.counts[key(each["id"])] += 1


def key(message_id: object) -> str:
    """1 and 1.0 are one number to a client, and "1" is not."""
    if isinstance(message_id, float) and message_id.is_integer():
        message_id = int(message_id)
    return message_id if isinstance(message_id, str) else f"number {message_id}"


def pieces(rng: random.Random, messages: int) -> Iterator[Piece]:
    """`messages` messages, most of them damaged."""
    for number in range(messages):
        # After damage to framing the next frame has to be found again, so a good one follows.
        damage = rng.random()
        message = _message(rng, number)
        if damage < 0.25:
            yield _framed(rng, json.dumps(message).encode())
        elif damage < 0.65:
            yield _framed(rng, json.dumps(_damaged_value(rng, message)).encode())
        elif damage < 0.8:
            yield _framed(rng, _damaged_bytes(rng, json.dumps(message).encode()))
        elif damage < 0.85:
            batch = [_damaged_value(rng, _message(rng, f"{number}b{i}")) for i in range(3)]
            yield _framed(rng, json.dumps(batch).encode())
        elif damage < 0.9:
            yield Piece(rng.choice(_NOT_JSON), ())
        else:
            yield Piece(_damaged_frame(rng, json.dumps(message).encode()), ())


def expected_ids(body: bytes) -> tuple[str, ...]:
    """The ids that have to be answered, once for each time they are here."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return ()
    return tuple(
        key(each["id"])
        for each in (value if isinstance(value, list) else [value])
        if isinstance(each, dict)
        and isinstance(each.get("id"), str | int | float)
        and not isinstance(each["id"], bool)
        and each["id"] not in (math.inf, -math.inf)  # 1e999: nobody could answer to that
        and _is_answered(each)
    )


def _is_answered(message: dict[str, Any]) -> bool:
    if message.get("jsonrpc") == "2.0" and "method" not in message:
        return "result" not in message and "error" not in message  # else it is an answer itself
    return True


def _refuse(_: str) -> None:
    raise ValueError


def _message(rng: random.Random, number: object) -> dict[str, Any]:
    uri = f"file:///w/{rng.randrange(DOCUMENTS)}.py"
    place = {"line": rng.randrange(6), "character": rng.randrange(12)}
    document = {"textDocument": {"uri": uri}, "position": place}
    match rng.randrange(9):
        case 0:
            order = rng.choice(
                ["say x\\ny", "hold z", "empty", "fail timeout", "raise", "back 1 q"]
            )
            return rpc.did_open(uri, f"#! {order}\nab\ud83d\r\nc\u2028d 😀\n\n", version=1)
        case 1:
            return rpc.did_change(uri, rng.randrange(1, 9**9), rpc.insert(1, 1, "x"))
        case 2:
            return rpc.did_change(uri, rng.randrange(1, 9**9), {"text": "#! say ok\nx\n"})
        case 3 | 4:
            line, character = place["line"], place["character"]
            return rpc.inline(number, uri, line, character, kind=rng.choice([1, 2]))
        case 5:
            return rpc.request(number, "textDocument/completion", document)
        case 6:
            return rpc.cancel(rng.choice([number, f"{number}", rng.randrange(10)]))
        case 7:
            command = rng.choice(["aicopilot.whyNothing", "aicopilot.explain"])
            why = {"command": command, "arguments": [uri]}
            return rpc.request(number, "workspace/executeCommand", why)
        case _:
            return rpc.request(number, rng.choice(["initialize", "no/such", "$/no"]), document)


_VALUES = tuple(map(json.dumps, (
    None, True, False, 0, -1, 1.5, 2**31, -(2**63), 10**30, "", "x", "\0", "\ud800", "é😀", [], {},
    [[]], {"jsonrpc": "2.0"}, {"id": 1}, "file:///w/0.py", "textDocument/didClose", ["a"] * 50,
)))  # fmt: skip

_NOT_JSON = tuple(
    b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    for body in (
        b"", b"{", b"[" * 100_000, b"nul", b"\xff\xfe{\x00}\x00", b'{"id":NaN}', b'{"a":1e999}',
        b"\xef\xbb\xbf{}", b'{"jsonrpc":"2.0","id":"\xff","method":"x"}', b"1 2", b"9" * 5000,
    )
)  # fmt: skip


def _value(rng: random.Random) -> Any:
    return json.loads(rng.choice(_VALUES))


def _damaged_value(rng: random.Random, message: dict[str, Any]) -> Any:
    """The message with one to three values replaced, dropped or added, at any depth."""
    message = json.loads(json.dumps(message))
    for _ in range(rng.randrange(1, 4)):
        container: Any = message
        while True:
            keys = list(container) if isinstance(container, dict) else list(range(len(container)))
            if not keys:
                break
            chosen = rng.choice(keys)
            inner = container[chosen]
            if isinstance(inner, dict | list) and inner and rng.random() < 0.7:
                container = inner
                continue
            if isinstance(container, dict) and rng.random() < 0.3:
                del container[chosen]
            elif isinstance(container, dict) and rng.random() < 0.2:
                container[rng.choice(["id", "method", "params", "range", "x"])] = rng.choice(
                    _VALUES
                )
            else:
                container[chosen] = _value(rng)
            break
    return message


def _damaged_bytes(rng: random.Random, body: bytes) -> bytes:
    damaged = bytearray(body)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(damaged))
        match rng.randrange(3):
            case 0:
                damaged[at] = rng.randrange(256)
            case 1:
                del damaged[at : at + rng.randrange(1, 5)]
            case _:
                damaged[at:at] = rng.randbytes(rng.randrange(1, 4))
        if not damaged:
            return b" "
    return bytes(damaged)


def _framed(rng: random.Random, body: bytes) -> Piece:
    name = rng.choice([b"Content-Length", b"content-length", b"CONTENT-LENGTH"])
    length = b"%b: %d\r\n" % (name, len(body))
    kind = b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n"
    headers = rng.choice([length, length, kind + length, length + kind])
    return Piece(headers + b"\r\n" + body, expected_ids(body))


def _damaged_frame(rng: random.Random, body: bytes) -> bytes:
    """A frame that can't be answered for; the one after it must be found all the same."""
    cut = rng.randrange(1, len(body))
    return rng.choice(
        [
            b"Content-Length: %d\r\n\r\n%b" % (cut, body),
            b"Content-Length: 99999999999\r\n\r\n%b" % body[:cut],
            b"Content-Length: -5\r\n\r\n%b" % body,
            b"Content-Length: x\r\nContent-Length: 7\r\n\r\n%b" % body,
            b"Content-Type: text/plain\r\n\r\n%b" % body,
            b"Content-Length: %d\r\nContent-Type: x; charset=utf-16\r\n\r\n%b" % (len(body), body),
            b"\0\r\n\r\n",
            body,
            rng.randbytes(20).replace(b"\n", b""),
            b"z" * 9000,
        ]
    )


def _rss_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 1e6)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    report = run(options.messages, options.seed)
    print(re.sub(r"(\d\.\d)\d+", r"\1", f"{report}"))
    print("passed" if report.passed else "FAILED")
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
