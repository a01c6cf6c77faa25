"""A sample that has all that the queries for Python ask for."""

from __future__ import annotations

import asyncio
import os.path as paths
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from . import money
from ..stock.shelf import Shelf as Rack, Slot
from .tax import *

# What a parcel may weigh.
LIMIT_KG: float = 31.5
RATES = {
    "de": 0.19,
}
first, second = 1, 2

type Price = int | float


class Basket:
    """What somebody means to buy."""

    currency = "EUR"
    # How many there are.
    count: int = 0

    def __init__(self, rack: Rack, owner: "money.Account | None" = None) -> None:
        self.rack = rack
        self._owner = owner or money.Account()
        self._lines: list[Line] = []
        self._task: asyncio.Task[Line] | None = None
        self.rack.open()

    @property
    def total(self) -> Money:
        return sum(line.price for line in self._lines)

    @cached_property
    def heaviest(self) -> Line | None:
        return max(self._lines, key=lambda line: line.weight)

    # Adds without a look at the stock.
    @staticmethod
    @tracked("add")
    def add(slot: Slot, *extra: Slot, amount: int = 1, **options: str) -> Line:
        """One more."""
        line = Line(slot, amount=amount)

        def note(text: str) -> None:
            local = text
            print(local)

        note("added")
        return line

    async def fetch(self) -> Awaitable[Line]:
        async with self.rack.session() as session, Lock("x") as lock:
            answer = await session.get(paths.join("a", "b"), lock=lock)
        if (found := Line.parse(answer)) and isinstance(answer, Slot):
            self._task = asyncio.create_task(found.go())
        elif found:
            raise EmptyError(found)
        else:
            self.rack.shelves[0].open()
        return found

    @classmethod
    def empty(cls) -> Self:
        return cls(Rack())

    class Policy(Basket.Base, metaclass=Meta):
        strict = True


@dataclass(frozen=True)
class Line(Generic[T], money.Priced):
    slot: Slot
    amount: int = 1
    notes: list[str] = field(default_factory=list)

    def price(self) -> Money:
        try:
            return self.slot.price * self.amount
        except (KeyError, ValueError) as error:
            raise EmptyError from error
        except money.MoneyError as odd:
            odd.report()
        finally:
            self.amount.real

    def parse(text, /, sep=",", *, strict=False):
        match text:
            case Slot(name=name) as slot:
                return slot
            case _:
                for part in text.split(sep):
                    yield part
        while strict:
            pass


async def total[T](items: Iterator[T], to_money: Callable[[T], Money] = Money) -> Optional[Money]:
    # No doc: this is within.
    return sum(map(to_money, items), start=money.ZERO)


if paths.exists("x"):
    fallback = Basket.empty()
