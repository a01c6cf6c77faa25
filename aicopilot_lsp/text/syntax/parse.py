"""Parsing and querying in short stretches: other threads run in between, and a limit holds.

tree-sitter keeps Python's lock while it works. Parsing lets go of it when it reports progress, and
a query does so between two pieces of the file. A query's own progress callback is not used: in
tree-sitter 0.26.1 it crashes the process.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tree_sitter import Node, Parser, Query, QueryCursor, Tree

# Of a file that is queried at a time: about 1 ms.
PIECE_BYTES = 8_192
# Of text that the parser is given at a time: tree-sitter 0.26.1 keeps a hundred bytes for good each
# time that it asks. With 8 KB that was 3 KB for each key that is typed.
_READ_BYTES = 65_536
# Matches that have begun and wait for the rest of their nodes, the oldest of which are given up.
# Each node is held against all of them, and they against each other: 2,000 names in a row take
# 90 ms with this, 600 with twice as many. Of 310 files of 16 projects none had 64 at once.
_MOST_BEGUN = 64
# Nodes within nodes. A query takes time by their square: one chain of 100,000 members (`a.b.b.b`,
# 200 KB) kept it busy, and Python's lock taken, for minutes.
_MOST_DEEP = 3_000
_MOST_SAMPLES = 32

Captures: TypeAlias = dict[str, list[Node]]


class OutOfTimeError(Exception):
    """Parsing or querying took longer than it may, or would."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When to give up.

    Attributes
    ----------
    clock : callable
        In seconds. The thread's own time by default: a busy machine makes no file unreadable.
    """

    at: float
    clock: Callable[[], float] = time.thread_time

    @classmethod
    def after_ms(cls, limit_ms: float, clock: Callable[[], float] = time.thread_time) -> "Deadline":
        return cls(clock() + limit_ms / 1000, clock)

    def passed(self) -> bool:
        return self.clock() > self.at

    def check(self) -> None:
        """Raises OutOfTimeError when it has passed."""
        if self.passed():
            raise OutOfTimeError


def parse(parser: Parser, source: bytes, deadline: Deadline, old_tree: Tree | None = None) -> Tree:
    """The tree of `source`, built on the edited `old_tree` if there is one.

    Raises
    ------
    OutOfTimeError
        The parser is as new again.
    """

    whole = memoryview(source)
    given: list[memoryview] = []

    def read(offset: int, _point: tuple[int, int]) -> memoryview:
        given.append(whole[offset : offset + _READ_BYTES])
        return given[-1]

    def stop(_offset: int, _has_error: bool) -> bool:  # noqa: FBT001 (how tree-sitter calls it)
        return deadline.passed()

    try:
        if old_tree is None:
            return parser.parse(read, progress_callback=stop)
        return parser.parse(read, old_tree, progress_callback=stop)
    except ValueError as error:  # "Parsing failed": it was stopped
        parser.reset()
        raise OutOfTimeError from error
    finally:
        # tree-sitter 0.26.1 never lets go of what it was given: bytes would stay in memory for
        # good, a text with each parse. Of a view nothing but its shell does.
        for piece in given:
            piece.release()


def check_depth(tree: Tree, source: bytes) -> None:
    """Raises OutOfTimeError for a tree too deep to be queried; looks at some places of it."""
    cursor = tree.walk()
    for byte in range(0, len(source), max(PIECE_BYTES, len(source) // _MOST_SAMPLES)):
        cursor.reset(tree.root_node)
        depth = 0
        while cursor.goto_first_child_for_byte(byte) is not None:
            depth += 1
            if depth > _MOST_DEEP:
                raise OutOfTimeError


def matches(
    query: Query,
    node: Node,
    source: bytes,
    deadline: Deadline,
    piece_bytes: int = PIECE_BYTES,
    *,
    whole: bool = False,
) -> Iterator[tuple[int, Captures]]:
    """What `query` finds, piece by piece of the file: the pattern's index and what it captured.

    Parameters
    ----------
    whole : bool
        All patterns begin at `node` itself, and are asked once, of all of it. Nothing below it is
        tried as a beginning, which takes 0.1 ms for 80 KB of Python, and 17 otherwise.

    Raises
    ------
    OutOfTimeError
    """
    if whole:
        piece_bytes = max(len(source), 1)
    for start in range(0, max(len(source), 1), piece_bytes):
        deadline.check()
        end = start + piece_bytes
        cursor = QueryCursor(query, match_limit=_MOST_BEGUN)
        cursor.set_byte_range(start, end)
        if whole:
            cursor.set_max_start_depth(0)
        for index, captures in cursor.matches(node):
            # A match that lies in two pieces is found in both, whole: it counts where its first
            # capture begins.
            if start <= next(iter(captures.values()))[0].start_byte < end:
                yield index, captures
