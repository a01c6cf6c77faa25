"""Where a name comes from: imports, re-exports and types followed through the index.

A Lookup belongs to one request and asks the index few questions: one for all names, one for all
members, and one more for each step of what is chained ("Manager.store.open()"). What can't be told
is left out; a wrong definition costs more than none.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.store.index.types import ImportRow, Symbol
from aicopilot_lsp.text.syntax import outline
from aicopilot_lsp.text.syntax.outline import Kind

TYPES = frozenset({Kind.CLASS.value, Kind.TYPE.value})
_MAX_STEPS = 3  # of a chain, and of re-exports
_MAX_STARS = 4  # wildcards that are followed from one file
_MAX_BASES = 8  # of one type; what each of them extends is looked up too
_MAX_SAME_NAME = 6  # a name that is defined more often says nothing without an import
_PER_NAME = 8


@dataclass(frozen=True, slots=True)
class Found:
    """A type of the workspace: its definition, and what it has itself and from its bases."""

    symbol: Symbol
    members: tuple[Symbol, ...]
    inherited: tuple["Found", ...] = ()


class Lookup:
    """Questions about the workspace, asked for the file at `path`."""

    def __init__(self, index: Index, path: str) -> None:
        self._index = index
        self._path = path
        self._imports: dict[str, Sequence[ImportRow]] = {}

    async def imports(self, path: str | None = None) -> Sequence[ImportRow]:
        """What a file imports, the current one if none is named."""
        wanted = self._path if path is None else path
        if wanted not in self._imports:
            self._imports[wanted] = await self._index.imports_of(wanted) if wanted else ()
        return self._imports[wanted]

    async def definitions(self, names: Collection[str]) -> Mapping[str, Symbol]:
        """The definition that each name means in the current file, by the name as used there."""
        rows = {local_name(row): row for row in await self.imports()}
        remote = {name: _remote(rows.get(name), name) for name in names}
        asked = sorted(set(remote.values()) - {""})
        if not asked:
            return {}
        by_name = _grouped(await self._index.defining(asked, limit=_PER_NAME * len(asked)))
        meant: dict[str, Symbol] = {}
        for name in names:
            found = await self._meant(by_name.get(remote[name], []), rows.get(name), remote[name])
            if found is not None:
                meant[name] = found
        return meant

    async def types(self, expressions: Collection[str]) -> Mapping[str, Found]:
        """The types that these expressions (situation.py) come to."""
        steps = {expression: expression.split(".") for expression in expressions}
        heads = {parts[0].removesuffix("()") for parts in steps.values()}
        symbols = await self.definitions(heads)
        places: dict[str, tuple[Symbol, list[str]]] = {}
        for expression, (head, *rest) in steps.items():
            symbol = symbols.get(head.removesuffix("()"))
            if symbol is not None:
                places[expression] = (symbol, rest)
        for _ in range(_MAX_STEPS):
            places = await self._stepped(places)
        ends = {e: s for e, (s, rest) in places.items() if not rest and s.kind in TYPES}
        known = await self._with_members(ends.values())
        return {e: known[_key(s)] for e, s in ends.items() if _key(s) in known}

    async def exported(self, target: str) -> Sequence[Symbol]:
        """What can be had from a file by name: its top level."""
        symbols = await self._index.symbols_in(target)
        return [symbol for symbol in symbols if not symbol.parent]

    async def _meant(
        self, candidates: Sequence[Symbol], row: ImportRow | None, name: str
    ) -> Symbol | None:
        own = [symbol for symbol in candidates if symbol.path == self._path]
        if row is None or not row.target:
            if row is not None and row.module and not row.target:
                return None  # of a library
            top = [symbol for symbol in candidates if not symbol.parent]
            return next(iter([*_best(own), *_nearest(top, self._path)]), None)
        origin = await self._origin(row.target, name, _MAX_STEPS)
        if origin is not None:
            target, name = origin
            exact = [s for s in await self._index.symbols_in(target) if s.name == name]
            if exact:
                return _best(exact)[0]
        top = [symbol for symbol in candidates if not symbol.parent]
        return next(iter(_nearest(top, row.target)), None)

    async def _origin(self, path: str, name: str, steps: int) -> tuple[str, str] | None:
        """Where a name that is asked of `path` is defined: through re-exports."""
        if any(s.name == name and not s.parent for s in await self._index.symbols_in(path)):
            return path, name
        if not steps:
            return None
        rows = await self.imports(path)
        for row in rows:
            if local_name(row) == name and row.target:
                return await self._origin(row.target, row.name or name, steps - 1)
        stars = [row.target for row in rows if row.name == "*" and not row.alias and row.target]
        for target in stars[:_MAX_STARS]:
            found = await self._origin(target, name, steps - 1)
            if found is not None:
                return found
        return None

    async def _stepped(
        self, places: Mapping[str, tuple[Symbol, list[str]]]
    ) -> dict[str, tuple[Symbol, list[str]]]:
        """One step on: from a function to its result, from a type to what its member is."""
        open_types = [s for s, rest in places.values() if rest and s.kind in TYPES]
        found = await self._with_members(open_types) if open_types else {}
        wanted: dict[str, tuple[Symbol, str, list[str]]] = {}
        after: dict[str, tuple[Symbol, list[str]]] = {}
        for expression, (symbol, rest) in places.items():
            if symbol.kind in TYPES and rest:
                member = _member(found.get(_key(symbol)), rest[0].removesuffix("()"))
                if member is not None and member.result:
                    wanted[expression] = (member, member.result, rest[1:])
            elif symbol.kind in TYPES:
                after[expression] = (symbol, rest)
            elif symbol.result:
                wanted[expression] = (symbol, symbol.result, rest)
        for expression, (symbol, kind, rest) in wanted.items():
            meant = await Lookup(self._index, symbol.path)._one(_own(kind, symbol))
            if meant is not None:
                after[expression] = (meant, rest)
        return after

    async def _one(self, name: str) -> Symbol | None:
        return (await self.definitions([name])).get(name)

    async def _with_members(
        self, symbols: Iterable[Symbol], steps: int = _MAX_STEPS
    ) -> dict[tuple[str, str], Found]:
        wanted = {_key(symbol): symbol for symbol in symbols}
        if not wanted:
            return {}
        rows = await self._index.members(sorted({s.name for s in wanted.values()}), limit=1_000)
        members: dict[str, list[Symbol]] = {}
        for row in rows:
            members.setdefault(row.parent.rpartition(".")[2], []).append(row)
        found: dict[tuple[str, str], Found] = {}
        for key, symbol in wanted.items():
            own = _of_type(symbol, members.get(symbol.name, []))
            bases = await self._bases(symbol, own, steps - 1)
            found[key] = Found(symbol, own, bases)
        return found

    async def _bases(
        self, symbol: Symbol, members: tuple[Symbol, ...], steps: int
    ) -> tuple[Found, ...]:
        names = [base for base in symbol.bases if base != symbol.name][:_MAX_BASES]
        if not names or steps <= 0:
            return ()
        there = Lookup(self._index, symbol.path)
        meant = await there.definitions(names)
        bases = [meant[name] for name in names if name in meant and meant[name].kind in TYPES]
        found = await there._with_members(bases, steps)
        taken = {member.name for member in members}
        return tuple(
            Found(
                f.symbol,
                tuple(m for m in f.members if m.name not in taken),
                f.inherited,
            )
            for f in found.values()
        )


def local_name(row: ImportRow) -> str:
    """By what the importing file calls it; "" for a wildcard."""
    return outline.local_name(row.module, row.name, row.alias)


def nearness(path: str, other: str) -> int:
    """How many folders two paths share, from the root on."""
    shared = 0
    for mine, theirs in zip(path.split("/"), other.split("/"), strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared


def _remote(row: ImportRow | None, name: str) -> str:
    return row.name if row is not None and row.name not in ("", "*") else name


def _grouped(symbols: Iterable[Symbol]) -> dict[str, list[Symbol]]:
    by_name: dict[str, list[Symbol]] = {}
    for symbol in symbols:
        by_name.setdefault(symbol.name, []).append(symbol)
    return by_name


def _best(symbols: Sequence[Symbol]) -> list[Symbol]:
    """Top level before members, a type before the blocks that implement it."""
    return sorted(symbols, key=lambda s: (bool(s.parent), s.signature.startswith("impl"), s.first))


def _nearest(symbols: Sequence[Symbol], path: str) -> list[Symbol]:
    if len({symbol.path for symbol in symbols}) > _MAX_SAME_NAME:
        return []
    return sorted(_best(symbols), key=lambda symbol: -nearness(symbol.path, path))


def _key(symbol: Symbol) -> tuple[str, str]:
    return (symbol.path, symbol.name)


def _own(kind: str, symbol: Symbol) -> str:
    return symbol.parent.rpartition(".")[2] if kind in ("Self", "self", "this") else kind


def _of_type(symbol: Symbol, members: Sequence[Symbol]) -> tuple[Symbol, ...]:
    """Those of its own file; of others where it has none there (an implementation apart)."""
    here = tuple(member for member in members if member.path == symbol.path)
    return here or tuple(members)


def _member(found: Found | None, name: str) -> Symbol | None:
    if found is None:
        return None
    for member in found.members:
        if member.name == name:
            return member
    for base in found.inherited:
        member_of_base = _member(base, name)
        if member_of_base is not None:
            return member_of_base
    return None
