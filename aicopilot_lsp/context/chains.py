"""Chains of names as languages write them (`a.b`, `A::b`, `a->b(c)`), read without a parser: on the
line at the cursor it may not have understood them yet.
"""

import re
from collections.abc import Iterable

# Longer ones are data; some of what is done with them takes the square of their length.
MAX_CHAIN_CHARS = 200
SELF = frozenset({"self", "this", "cls", "Self", "static", "super()", "super"})

CALL = r"(?:\([^()]*\))?"  # its arguments, if it is one
DOT = r"(?:[?!]?\.|::|->)"
_CHAIN = re.compile(rf"[^\W\d][\w$]*{CALL}(?:{DOT}[^\W\d][\w$]*{CALL})*")
_AT_END = re.compile(rf"([^\W\d][\w$]*{CALL}(?:{DOT}[^\W\d][\w$]*{CALL})*){DOT}([\w$]*)$")
_PLAIN = re.compile(r"\w+(?:\.\w+)*")
_ARGUMENTS = re.compile(r"\([^()]*\)")
_SEPARATOR = re.compile(DOT)


def plain_chain(chain: str) -> str:
    """A receiver without arguments, and with "." for all that stands between names."""
    if _PLAIN.fullmatch(chain):  # nearly all are, and there are many
        return chain
    return ".".join(parts_of(chain))


def parts_of(chain: str) -> list[str]:
    """Its names; one that is called has "()" behind it."""
    previous = ""
    while previous != chain:  # innermost brackets first
        previous = chain
        chain = _ARGUMENTS.sub("\0", chain)
    parts = _SEPARATOR.split(chain.replace("\0", "()"))
    return [part.strip().rstrip("?!") for part in parts if part.strip()]


def begun_at_end(line: str) -> tuple[str, str] | None:
    """The plain chain before the last dot of a line that ends in a member, and what is written of
    that; None of any other line."""
    found = _AT_END.search(line[-MAX_CHAIN_CHARS:])
    return None if found is None else (plain_chain(found[1]), found[2])


def names_in(line: str) -> Iterable[tuple[str, str]]:
    """Each name in a line, and the plain chain that it is a member of, "" for none."""
    for chain in _CHAIN.finditer(line):
        parts = parts_of(chain[0][:MAX_CHAIN_CHARS])
        for number, part in enumerate(parts):
            yield part.removesuffix("()"), ".".join(parts[:number])
