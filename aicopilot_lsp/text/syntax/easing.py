"""Patterns made cheaper to compile, with the same matches.

Before it compiles a pattern, tree-sitter finds out for each node that is written with something
within whether the parser can ever build that. This is most of what compiling takes, and Python's
lock is kept meanwhile. Of a node of any kind, `_`, there is nothing to be found out. So the kinds
of inner nodes are taken out of the pattern, and looked at in what it finds:

    (assignment right: (call function: (identifier) @maker))
    (assignment right: (_ function: (identifier) @maker) @_kind0)    where @_kind0 is a "call"

The outermost kind stays: it says where a pattern is worth trying.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from aicopilot_lsp.text.syntax.predicates import KIND, Condition

_TOKEN = re.compile(r';.*|"(?:\\.|[^"\\])*"[?*+]?|[(\[]|[)\]][?*+]?|[^\s()\[\]";]+')


@dataclass(slots=True)
class _Open:
    """A bracket that is not closed yet.

    Attributes
    ----------
    inner : bool
        It is within a node.
    kind_at : int or None
        Where its node's kind is in what is written; None for one of any kind, and for what is none.
    has_children : bool
        There is something for which tree-sitter would look at the parser.
    """

    inner: bool
    is_node: bool = False
    kind_at: int | None = None
    has_children: bool = False


def eased(text: str, known: Collection[str]) -> tuple[str, tuple[Condition, ...]]:
    """A pattern, which has no predicates, and what besides has to hold for its captures.

    Parameters
    ----------
    known : collection of str
        Kinds that may be taken out. One that the parser does not have stays, so that compiling
        fails, and so does a name for several kinds.
    """
    written: list[str] = []
    conditions: list[Condition] = []
    still_open: list[_Open] = []
    before = ""
    for token in _TOKEN.findall(text):
        if token[0] == ";":
            continue
        if token[0] in '(["' and still_open:
            still_open[-1].has_children = True
        if token in ("(", "["):
            still_open.append(_Open(inner=any(one.is_node for one in still_open)))
        elif before == "(":
            still_open[-1].is_node = True
            still_open[-1].kind_at = len(written) if token in known else None
        written.append(token)
        if token[0] in ")]":
            closed = still_open.pop()
            if closed.inner and closed.has_children and closed.kind_at is not None:
                capture = f"_kind{len(conditions)}"
                conditions.append(Condition(KIND, capture, (written[closed.kind_at],)))
                written[closed.kind_at] = "_"
                written.append(f"@{capture}")
        before = token
    return " ".join(written), tuple(conditions)
