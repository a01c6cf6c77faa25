"""Conditions on what our queries capture: on its text, `#one-of?` and `#like?`, and on its kind.

tree-sitter's own (`#eq?`, `#match?`) fetch the text through the callback that the file was parsed
by, which takes ten times as long as the whole query (21 ms for 31 KB of Python); these slice it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from tree_sitter import Node

KIND = "kind"


@dataclass(frozen=True, slots=True)
class Condition:
    """One of a pattern's conditions.

    `(#one-of? @name "a" "b")` holds if the text is one of these; `(#like? @name "^[A-Z]")` if the
    regular expression is found in it; `not-one-of?` and `not-like?` if not. KIND, which no query
    file writes (easing.py), holds if the node is of one of these kinds. A capture that is missing
    fulfils all of them.
    """

    predicate: str
    capture: str
    wanted: tuple[str, ...]


def all_hold(
    conditions: Iterable[Condition], captures: dict[str, list[Node]], source: bytes
) -> bool:
    """Whether a match that tree-sitter found is one that its pattern means."""
    for condition in conditions:
        nodes = captures.get(condition.capture)
        if nodes and condition.predicate == KIND:
            if any(node.type not in condition.wanted for node in nodes):
                return False
        elif nodes:
            text = source[nodes[0].start_byte : nodes[0].end_byte].decode(errors="replace")
            if not holds(condition.predicate, text, condition.wanted):
                return False
    return True


def holds(predicate: str, text: str, wanted: Iterable[str]) -> bool:
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
