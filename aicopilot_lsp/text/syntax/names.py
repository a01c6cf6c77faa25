"""The name that a captured node holds: its text without the quotes around it, or a part of it.

Where a parser has one node for more than a name (`:symbol`, the classes of an HTML attribute, a
paragraph with code spans), the query says by a regular expression which part is meant:
`(#set! part "\\S+")`, or its first group.
"""

import re
from collections.abc import Iterator

from tree_sitter import Node

from aicopilot_lsp.text.syntax.source import Source

_QUOTES = ('""', "''", "``")


def unquoted(text: str, marks: tuple[str, ...] = _QUOTES) -> str:
    """`text` without white space and the pair of marks around it.

    >>> unquoted('"long name"')
    'long name'
    >>> unquoted("`a` and `b`")
    '`a` and `b`'
    """
    text = text.strip()
    if len(text) > 1 and text[0] + text[-1] in marks and text[-1] not in text[1:-1]:
        return text[1:-1].strip()
    return text


def first_name(text: str, part: str | None) -> str:
    """The name that `text` is, or the first that `part` finds in it; "" if it finds none."""
    if part is None:
        return unquoted(text)
    found = re.search(part, text)
    return found[found.re.groups and 1] if found else ""


def spans(node: Node, source: Source, part: str | None) -> Iterator[tuple[int, int]]:
    """First byte and last, exclusive, of each name in `node`."""
    if part is None:
        yield node.start_byte, node.end_byte
        return
    text = source.text(node)
    at, byte = 0, node.start_byte
    for found in re.finditer(part, text):
        start, end = found.span(found.re.groups and 1)
        first = byte + len(text[at:start].encode())
        at, byte = end, first + len(text[start:end].encode())
        yield first, byte
