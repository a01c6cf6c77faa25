"""The two seams of the context engine: a Source of snippets, and the Index that most of them ask.

Both are plug-in points (plugins.py): a team's package can add a source, and an index that a team
shares can implement `Index`. All methods are coroutines, for an index may be far away; ours asks
SQLite in a thread of its own. What raises or is late costs its own snippets and nothing else.
"""

from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from aicopilot_lsp.context.types import Place, Question, Situation, Snippet
from aicopilot_lsp.store.index.types import ChunkRow, ImportRow, Symbol

_T = TypeVar("_T")


class Index(Protocol):
    """What is known of the workspace. Open documents of the editor win over what is on disk: their
    rows are made from the buffer. An empty index answers with nothing."""

    async def defining(self, names: Collection[str], *, limit: int = 64) -> Sequence[Symbol]:
        """The symbols with these names, those that more speaks for first (top level before
        members, defined once before defined often)."""
        ...

    async def members(self, types: Collection[str], *, limit: int = 256) -> Sequence[Symbol]:
        """The symbols whose parent is one of these types (last part of the name), in file order."""
        ...

    async def symbols_in(self, path: str) -> Sequence[Symbol]:
        """All symbols of a file, in file order."""
        ...

    async def imports_of(self, path: str) -> Sequence[ImportRow]:
        """What a file imports, resolved to paths where it lies in the workspace."""
        ...

    async def importers_of(self, path: str, *, limit: int = 32) -> Sequence[str]:
        """Paths of the files that import this one."""
        ...

    async def search(
        self, text: str, *, exclude: Collection[str] = (), limit: int = 20
    ) -> Sequence[ChunkRow]:
        """Chunks that share rare identifiers with `text`, best first; none of the paths in
        `exclude`."""
        ...

    async def lines(self, path: str, first: int, last: int) -> str:
        """The text of these lines, "" where there is no such file."""
        ...

    async def paths(self, pattern: str, *, limit: int = 32) -> Sequence[str]:
        """Paths that match a GLOB of SQLite (`src/*/test_*.py`; `*` crosses "/")."""
        ...


class Carrier(Protocol):
    """Carries coroutines that wait for nothing but an index through where that index is: a source
    asks one question after the other, and each time there and back costs."""

    async def __call__(self, work: Callable[[Index], Coroutine[Any, Any, _T]], empty: _T, /) -> _T:
        """What `work` returns; `empty` where it can't be carried out now."""
        ...


class WhereDefined(Protocol):
    """Asks what the editor's other language servers know (Around.where_defined)."""

    async def __call__(self, questions: Sequence[Question], /) -> Sequence[Sequence[Place]] | None:
        """For each question the places, none where it is not known or lies outside of the folder;
        None where there was no answer to be had this time. It may take seconds; raises nothing but
        CancelledError."""
        ...


class Source(Protocol):
    """One place where context comes from.

    A source with an attribute `only_asks` that is true says that `find` waits for the index that it
    is given and for nothing else: it may then run in the index's thread, as a whole. One with an
    attribute `patience`, 0.0 to 1.0, says that it may wait long for others, and for which share of
    their time requests should wait for it. One with a coroutine method `aclose` is told when it is
    not asked any more."""

    @property
    def name(self) -> str:
        """As the configuration calls it: lower case, hyphens."""
        ...

    async def find(self, situation: Situation, index: Index) -> Sequence[Snippet]:
        """What it has for this situation, in no order. Unless it only asks it runs on the event
        loop: what computes for more than a millisecond belongs into a thread."""
        ...
