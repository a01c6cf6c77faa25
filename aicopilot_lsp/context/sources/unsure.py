"""Which names near the cursor the index can't trace to one definition: what is worth asking others.

That is a name that is defined in several places without an import that says which is meant, or
that an import brings from nowhere; a member of a value whose type can't be told; such a value
itself; and what stands before the dot at the cursor. What no file of the workspace defines under
any circumstances (`len`, `strip`) is not asked about: nothing could be shown of it.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aicopilot_lsp.context.chains import CALL, DOT, MAX_CHAIN_CHARS, SELF, plain_chain
from aicopilot_lsp.context.protocol import Index
from aicopilot_lsp.context.sources.resolve import Found, Lookup, local_name
from aicopilot_lsp.context.surroundings import surroundings, uses_on
from aicopilot_lsp.context.types import NearName, Question, Situation, Wanted
from aicopilot_lsp.store.index.types import ImportRow
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.syntax.outline import Import, Role

_MIN_WEIGHT = 0.2  # of a name, as it is some 24 lines above the cursor
_REACH_ABOVE, _REACH_BELOW = 40, 10
_PER_NAME = 16  # definitions looked at, to see if there is one, or more than one
_BEFORE_CURSOR = re.compile(rf"((?:[^\W\d][\w$]*{CALL}{DOT})*)([^\W\d][\w$]*)({CALL}){DOT}[\w$]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A name that is used near the cursor, and what is to be asked of it.

    Attributes
    ----------
    scope : str
        The definitions around the cursor: a name means one thing within them.
    imported : bool
        The name is of an import; it may be that of a module.
    """

    name: str = field(repr=False)
    receiver: str = field(default="", repr=False)
    weight: float
    question: Question
    scope: str = field(repr=False)
    imported: bool = False

    @property
    def key(self) -> Hashable:
        """The same as long as the name means the same."""
        return (self.scope, self.receiver, self.name, self.question.wanted)


async def unsure(situation: Situation, index: Index) -> list[Use]:
    """By falling weight."""
    lookup = Lookup(index, situation.path)
    spots = _Spots(situation)
    near = [one for one in situation.names if one.weight >= _MIN_WEIGHT and one in spots]
    facts = await _Facts.of(situation, near, lookup, index)
    scope = _scope(situation)
    uses = list(_receiver(situation, scope))
    for one in near:
        at, role = spots.of(one)
        wanted = facts.wanted(one, role)
        if wanted is not None:
            use = Use(
                name=one.name,
                receiver=one.receiver,
                weight=one.weight,
                question=Question(at=at, wanted=wanted),
                scope=scope,
                imported=not one.receiver and one.name in facts.imported,
            )
            uses.append(use)
    return uses


def _scope(situation: Situation) -> str:
    within = surroundings(situation.document, situation.cursor, situation.outline)
    return ".".join(one.name for one in (within.type, within.function) if one is not None)


def _receiver(situation: Situation, scope: str) -> Iterator[Use]:
    """What stands before the dot at the cursor: of a call what is called, of a value its type."""
    line = situation.document.line_text(situation.cursor.line)
    start = max(situation.cursor.column - MAX_CHAIN_CHARS, 0)
    found = _BEFORE_CURSOR.search(line[start : situation.cursor.column])
    if found is None or (not found[1] and found[2] in SELF):
        return
    at = Point(situation.cursor.line, start + found.start(2))
    wanted = Wanted.DEFINITION if found[3] else Wanted.TYPE
    question = Question(at=at, wanted=wanted)
    yield Use(name=found[2], receiver=found[1], weight=1.0, question=question, scope=scope)


class _Spots:
    """Where names near the cursor stand: the nearest of their uses, else where they are imported.

    An outline may be older than the text, so each spot is one at which the name is. What the cursor
    touches is still being typed and no name yet."""

    def __init__(self, situation: Situation) -> None:
        self._document, self._cursor = situation.document, situation.cursor
        self._found: dict[tuple[str, str], tuple[Point, Role]] = {}
        line = self._cursor.line
        references = uses_on(
            situation.outline.references, self._cursor, line - _REACH_ABOVE, line + _REACH_BELOW
        )
        for one in sorted(references, key=lambda one: abs(one.at.line - line)):
            key = (one.name, plain_chain(one.receiver))
            if key not in self._found and self._stands(one.name, one.at):
                self._found[key] = (one.at, one.role)
        wanted = {near.name for near in situation.names if not near.receiver}
        for imported in situation.outline.imports:
            key = (imported.local_name, "")
            if imported.local_name in wanted and key not in self._found:
                at = _place(self._document, imported)
                if at is not None:
                    self._found[key] = (at, Role.NAME)

    def of(self, near: NearName) -> tuple[Point, Role]:
        return self._found[near.name, near.receiver]

    def __contains__(self, near: object) -> bool:
        return isinstance(near, NearName) and (near.name, near.receiver) in self._found

    def _stands(self, name: str, at: Point) -> bool:
        lines = self._document.lines[at.line : at.line + 1]
        if not any(line.startswith(name, at.column) for line in lines):
            return False
        touched = at.column <= self._cursor.column <= at.column + len(name)
        return at.line != self._cursor.line or not touched


def _place(document: DocumentSnapshot, imported: Import) -> Point | None:
    """Where an import names what it imports."""
    name = imported.local_name
    if not name:
        return None
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for line in range(imported.start.line, imported.end.line + 1):
        found = word.search(document.line_text(line)[:MAX_CHAIN_CHARS])
        if found is not None:
            return Point(line, found.start())
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What the file and the index tell of names.

    Attributes
    ----------
    own : frozenset of str
        That the file defines.
    bound : mapping of str to str
        The types of variables and attributes, as the source gives them away.
    found : frozenset of str
        Those of such types that the index knows.
    members : frozenset of str
        Of all types at the cursor that it knows, and of imported modules.
    sure : frozenset of str
        Names without a receiver of which it knows one definition ...
    somewhere : frozenset of str
        ... and names of which it knows any.
    """

    own: frozenset[str]
    imported: Mapping[str, ImportRow]
    bound: Mapping[str, str]
    found: frozenset[str]
    members: frozenset[str]
    sure: frozenset[str]
    somewhere: frozenset[str]

    @classmethod
    async def of(
        cls, situation: Situation, near: Sequence[NearName], lookup: Lookup, index: Index
    ) -> "_Facts":
        outline = situation.outline
        imported = {local_name(row): row for row in await lookup.imports()}
        bound = {plain_chain(one.name): one.type for one in outline.bindings}
        types = [bound[chain] for chain in map(_chain, near) if bound.get(chain)]
        found = await lookup.types({*situation.types, *types})
        modules = {
            one.receiver: imported[one.receiver].target for one in near if one.receiver in imported
        }
        exported = [
            symbol.name
            for target in sorted({target for target in modules.values() if target})
            for symbol in await lookup.exported(target)
        ]
        meant = await lookup.definitions(sorted({one.name for one in near if not one.receiver}))
        names = sorted({one.name for one in near})
        rows = await index.defining(names, limit=_PER_NAME * len(names)) if names else ()
        count = Counter(symbol.name for symbol in rows if not symbol.parent)
        traced = {name for name in meant if name in imported and imported[name].target}
        return cls(
            own=frozenset(definition.name for definition in outline.definitions),
            imported=imported,
            bound=bound,
            found=frozenset(found),
            members=frozenset({*exported, *_members(found.values())}),
            sure=frozenset(name for name in meant if name in traced or count[name] == 1),
            somewhere=frozenset(symbol.name for symbol in rows),
        )

    def wanted(self, near: NearName, role: Role) -> Wanted | None:
        """What should be asked of a name; None where it is known, or no other file's."""
        kind = self.bound.get(_chain(near))
        if kind is not None:
            return Wanted.TYPE if self._is_untold(kind) else None
        head = near.receiver.partition(".")[0].removesuffix("()")
        if near.receiver:
            known = near.name in self.members or (head in SELF and near.name in self.own)
            return Wanted.DEFINITION if not known and near.name in self.somewhere else None
        if near.name in self.own or near.name in self.sure or near.name in SELF:
            return None
        if near.name in self.imported:
            return Wanted.DEFINITION
        if role in (Role.NAME, Role.MEMBER) and not near.name[:1].isupper():
            return Wanted.TYPE
        return Wanted.DEFINITION if near.name in self.somewhere else None

    def _is_untold(self, kind: str) -> bool:
        """A type that is written and neither imported nor in the index is the language's own."""
        if kind in self.found:
            return False
        return not kind or kind in self.imported or not kind.isidentifier()


def _chain(near: NearName) -> str:
    return f"{near.receiver}.{near.name}" if near.receiver else near.name


def _members(found: Iterable[Found]) -> Iterator[str]:
    for one in found:
        yield from (member.name for member in one.members)
        yield from _members(one.inherited)
