"""Conditions on a captured text in our queries: `#one-of?` and `#like?`.

tree-sitter's own (`#eq?`, `#match?`) fetch the text through the callback that the file was parsed
by, which takes ten times as long as the whole query (21 ms for 31 KB of Python); these slice it.
"""

import re
from functools import cache
from typing import Literal

from tree_sitter import Node


class Predicates:
    """Evaluates them for one file; tree-sitter calls it for each match that has one.

    `(#one-of? @name "a" "b")` holds if the text is one of these; `(#like? @name "^[A-Z]")` if the
    regular expression is found in it; `not-one-of?` and `not-like?` if not. A capture that is
    missing fulfils all of them.
    """

    def __init__(self, source: bytes) -> None:
        self._source = source

    def __call__(
        self,
        predicate: str,
        args: list[tuple[str, Literal["capture", "string"]]],
        pattern_index: int,  # noqa: ARG002 (a protocol of tree-sitter)
        captures: dict[str, list[Node]],
    ) -> bool:
        name, *wanted = (text for text, _ in args)
        nodes = captures.get(name)
        if not nodes:
            return True
        text = self._source[nodes[0].start_byte : nodes[0].end_byte].decode(errors="replace")
        return holds(predicate, text, wanted)


def holds(predicate: str, text: str, wanted: list[str]) -> bool:
    """Whether a predicate, named without its mark "#", holds of a text."""
    kind = predicate.rstrip("?").removeprefix("not-")
    if kind == "one-of":
        result = text in wanted
    elif kind == "like":
        result = any(_compiled(pattern).search(text) for pattern in wanted)
    else:
        raise ValueError(f"unknown predicate in a query: #{predicate}")
    return result is not predicate.startswith("not-")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
