"""What the editor's other language servers tell of names that the index can't trace.

They know the language: what an untyped value is, where an alias of a build file leads. Asked are
few names at a time, and of each what was told is kept: another key that is typed asks nothing. What
they tell are places, and what is shown of a place is the index's: where it has nothing, nothing is
shown, and no file is read.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from aicopilot_lsp.context.protocol import Index, WhereDefined
from aicopilot_lsp.context.render import of_function, of_module
from aicopilot_lsp.context.sources.definitions import text_of
from aicopilot_lsp.context.sources.members import snippet_of, strongest, words_near
from aicopilot_lsp.context.sources.resolve import TYPES, Lookup
from aicopilot_lsp.context.sources.unsure import Use, unsure
from aicopilot_lsp.context.types import Place, Situation, Snippet, Wanted
from aicopilot_lsp.store.index.types import Symbol
from aicopilot_lsp.text.syntax.outline import Kind

_MAX_QUESTIONS = 8  # at a time
_MAX_PLACES = 3  # of one name; where there are more, none is meant
# After so long a name is asked about again, and later each time that the answer is the same: a
# server that has just been started knows little yet, and the code may have changed.
_UNKNOWN_REST_S, _KNOWN_REST_S, _LONGEST_REST_S = 2.0, 15.0, 600.0
_MAX_DOCUMENTS, _MAX_KNOWN = 16, 512
_TYPE = 0.9  # times the weight of the name that has it
_RESULT = 0.6  # the same, of what a function gives
_NO_CODE = frozenset({Kind.MODULE.value, Kind.SECTION.value})


@dataclass(slots=True)
class _Answer:
    """What was told of a name; `meant` is which symbols that are, by parent and name, since lines
    move."""

    places: tuple[Place, ...]
    at_s: float
    same: int = 0  # times in a row
    meant: dict[Place, tuple[str, str]] = field(default_factory=dict, repr=False)

    def rests(self, now_s: float) -> bool:
        first_s = _KNOWN_REST_S if self.places else _UNKNOWN_REST_S
        rest_s: float = min(first_s * 2 ** min(self.same, 10), _LONGEST_REST_S)
        return now_s < self.at_s + rest_s


class OtherServers:
    """Source "other-servers". `clock` gives seconds, monotonic."""

    name = "other-servers"
    patience = 0.6

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, dict[Hashable, _Answer]] = OrderedDict()

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        where_defined = situation.around.where_defined
        known = self._known_of(situation.document.uri)
        if where_defined is None and not known:
            return []
        await asyncio.sleep(0)  # those that only ask come first at the index
        uses = await unsure(situation, index)
        if where_defined is not None:
            await self._learn(where_defined, uses, known)
        snippets: list[Snippet] = []
        for use in uses:
            answer = known.get(use.key)
            if answer is not None and len(answer.places) <= _MAX_PLACES:
                for place in answer.places:
                    snippets += await _at(place, use, answer, situation, index)
        return strongest(snippets)

    def _known_of(self, uri: str) -> dict[Hashable, _Answer]:
        known = self._known.setdefault(uri, {})
        self._known.move_to_end(uri)
        if len(self._known) > _MAX_DOCUMENTS:
            self._known.popitem(last=False)
        if len(known) > _MAX_KNOWN:
            known.clear()
        return known

    async def _learn(
        self, where_defined: WhereDefined, uses: Sequence[Use], known: dict[Hashable, _Answer]
    ) -> None:
        """Ask about the foremost names of which nothing is known, or not lately."""
        now_s = self._clock()
        new = {use.key: use for use in uses if use.key not in known}
        old = {use.key: use for use in uses if use.key in known and not known[use.key].rests(now_s)}
        asked = list({**new, **old}.items())[:_MAX_QUESTIONS]
        if not asked:
            return
        told = await where_defined([use.question for _, use in asked])
        if told is None:
            return
        for (key, _), places in zip(asked, told, strict=True):
            before = known.get(key)
            if before is not None and before.places == tuple(places):
                before.at_s, before.same = self._clock(), before.same + 1
            else:
                known[key] = _Answer(tuple(places), self._clock())


async def _at(
    place: Place, use: Use, answer: _Answer, situation: Situation, index: Index
) -> list[Snippet]:
    """What is defined at a place."""
    symbols = await index.symbols_in(place.path)
    known = answer.meant.get(place)
    if known is None:
        symbol = _symbol_at(symbols, place.line, use)
    else:
        symbol = next((one for one in symbols if (one.parent, one.name) == known), None)
    if symbol is not None:
        answer.meant[place] = (symbol.parent, symbol.name)
        return await _shown(symbol, use, situation, index)
    if place.line == 0 and use.imported and place.path != situation.path:
        return _module(place.path, symbols, use)
    return []


def _symbol_at(symbols: Sequence[Symbol], line: int, use: Use) -> Symbol | None:
    """The one that is meant by a line: of those around it the innermost, by its name if that is
    among them. A name may be defined under another one: an alias, a constructor."""
    wants_type = use.question.wanted is Wanted.TYPE
    around = [
        one
        for one in symbols
        if one.first <= line < one.last
        and one.kind not in _NO_CODE
        and (one.kind in TYPES or not wants_type)
    ]
    named = [one for one in around if one.name == use.name]
    return max(named or around, key=lambda one: (one.first, -one.last), default=None)


async def _shown(symbol: Symbol, use: Use, situation: Situation, index: Index) -> list[Snippet]:
    """A type, or that of a member, with what it has; a function with what a call of it gives."""
    owner = symbol.name if symbol.kind in TYPES else symbol.parent.rpartition(".")[2]
    snippets = []
    if owner:
        snippets += await _type(owner, symbol.path, use, situation, index, share=_TYPE)
    elif symbol.path != situation.path:
        text = await text_of(index, symbol, use.weight)
        snippets.append(
            Snippet(
                source=OtherServers.name,
                path=symbol.path,
                first=symbol.first,
                last=symbol.last,
                score=use.weight,
                renderings=of_function(symbol, text),
                why=f"defines {use.name}",
            )
        )
    if symbol.kind not in TYPES and symbol.result:
        call = f"{owner}.{symbol.name}()" if owner else f"{symbol.name}()"
        snippets += await _type(call, symbol.path, use, situation, index, share=_RESULT)
    return snippets


async def _type(
    expression: str,
    path: str,
    use: Use,
    situation: Situation,
    index: Index,
    *,
    share: float,
) -> list[Snippet]:
    """The type that an expression (situation.py) comes to in the file at `path`."""
    found = (await Lookup(index, path).types([expression])).get(expression)
    if found is None:
        return []
    name = found.symbol.name
    return [
        snippet_of(
            found,
            situation,
            source=OtherServers.name,
            score=share * use.weight,
            why=f"members of {name}" + (f", which has {use.name}" if name != use.name else ""),
            likely=words_near(situation),
        )
    ]


def _module(path: str, symbols: Sequence[Symbol], use: Use) -> list[Snippet]:
    top = [symbol for symbol in symbols if not symbol.parent]
    renderings = of_module(path, top)
    if not renderings:
        return []
    last = max(symbol.last for symbol in top)
    return [
        Snippet(
            source=OtherServers.name,
            path=path,
            first=0,
            last=last,
            score=use.weight,
            renderings=renderings,
            why=f"what {use.name} offers",
        )
    ]


def create() -> OtherServers:
    return OtherServers()
