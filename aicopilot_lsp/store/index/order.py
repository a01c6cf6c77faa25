"""In which order symbols are given, and which of too many. Pure functions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from aicopilot_lsp.store.index.layout import rank
from aicopilot_lsp.store.index.types import Symbol


def by_authority(symbols: Iterable[Symbol]) -> list[Symbol]:
    """Those that more speaks for first; how often a name is defined is counted among them."""
    listed = list(symbols)
    often = Counter(symbol.name for symbol in listed)
    return sorted(
        listed,
        key=lambda one: (
            rank(one.kind, one.parent),
            often[one.name],
            one.name,
            one.path,
            one.first,
        ),
    )


def fair_shares(lists: Sequence[Sequence[Symbol]], limit: int) -> Iterator[Symbol]:
    """At most `limit` of them all, taken in turns from the beginning of each."""
    room = limit
    waiting = [iter(one) for one in lists]
    while waiting and room:
        going = []
        for one in waiting[:room]:
            symbol = next(one, None)
            if symbol is not None:
                yield symbol
                room -= 1
                going.append(one)
        waiting = going


def in_file_order(symbols: Iterable[Symbol]) -> list[Symbol]:
    return sorted(symbols, key=lambda one: (one.path, one.first, -one.last))
