"""Kills processes that write an index, and looks at what they leave. Run as a program:

    python -m tests.store.index.killing PATH TIMES

Each child replaces the same files again and again, with one text in all of them in each
transaction, and says so after each. It is killed with SIGKILL somewhere in a transaction. The index
then has to be whole: opened without being built anew, all files of one transaction, no row without
its file.
Prints how many were killed, and how many transactions were done by then.
"""

import os
import random
import signal
import sys
from pathlib import Path

from aicopilot_lsp.store.index.reader import IndexReader
from aicopilot_lsp.store.index.types import FileRow
from aicopilot_lsp.store.index.writer import IndexWriter
from tests.store.index.samples import ROOM, expected, sample, tables

FILES = 6
_MOST_TURNS = 6
_MOST_SPINS = 60_000


def files(turn: int) -> list[FileRow]:
    text = f"def f{turn} turn{turn}\n" * (10 + turn % 30)
    return [sample(f"{n}.py", text, imports=["0.py"]) for n in range(FILES)]


def write(path: Path, turn: int, done: int) -> None:
    """A child's life."""
    writer = IndexWriter.open(path, max_bytes=ROOM)
    while True:
        turn += 1
        writer.put(files(turn))
        if turn % 5 == 0:
            writer.tidy()
        os.write(done, turn.to_bytes(8))


def killed(path: Path, turn: int, chance: random.Random) -> int:
    """Let a child write and kill it; returns the last turn that it said was done."""
    reads, done = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        write(path, turn, done)
    os.close(done)
    for _ in range(chance.randrange(1, _MOST_TURNS)):
        turn = int.from_bytes(os.read(reads, 8))
    for _ in range(chance.randrange(_MOST_SPINS)):  # some way into the next one
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while said := os.read(reads, 8):
        turn = int.from_bytes(said)
    os.close(reads)
    return turn


def check(path: Path, turn: int) -> int:
    """Look at what was left, as a reader and as the next writer; returns the turn that is there."""
    reader = IndexReader(path)
    first = reader.lines("0.py", 0, 1)
    assert not reader.fault, reader.fault
    reader.close()
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        assert writer.rebuilt == "", writer.rebuilt
        assert len(writer.known()) == FILES
    found = int(first.split("turn")[1])
    # The one that was under way may have been done and not said.
    assert found in {turn, turn + 1}, (found, turn)
    assert tables(path) == expected({row.path: row for row in files(found)})
    return found


def main() -> None:
    path, times = Path(sys.argv[1]), int(sys.argv[2])
    chance = random.Random(6)
    with IndexWriter.open(path, max_bytes=ROOM) as writer:
        writer.put(files(0))
    turn = 0
    for _ in range(times):
        turn = check(path, killed(path, turn, chance))
    print(f"{times} killed, {turn} turns")


if __name__ == "__main__":
    main()
