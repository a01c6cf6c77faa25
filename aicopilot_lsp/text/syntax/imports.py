"""Imports put together from what the queries found of them.

Most patterns find a name together with its module. Where the module stands behind a list of names
(`names` in grammars/README.md), the statement is one match and each name in it another.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from aicopilot_lsp.text.syntax.names import first_name, unquoted
from aicopilot_lsp.text.syntax.outline import Import
from aicopilot_lsp.text.syntax.parse import Captures
from aicopilot_lsp.text.syntax.queries import Pattern
from aicopilot_lsp.text.syntax.source import Source

_AROUND_MODULES = ('""', "''", "``", "<>")
# A longer one is none. Each name of a statement has it: 20,000 names of one of 60 KB took 1.2 GB.
_MOST_MODULE_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class _Statement:
    """A match that has a module: its bytes, and what it imports."""

    start: int
    end: int
    imported: Import


@dataclass(slots=True)
class Imports:
    """What the matches of one file gave.

    Attributes
    ----------
    statements : list of _Statement
        Those whose match has the name, or needs none.
    lists : list of _Statement
        Those whose names are matches of their own.
    names : list of (int, str, str)
        The byte where each of these begins, the name and its alias.
    """

    statements: list[_Statement] = field(default_factory=list)
    lists: list[_Statement] = field(default_factory=list)
    names: list[tuple[int, str, str]] = field(default_factory=list)

    def take(self, source: Source, pattern: Pattern, captures: Captures) -> None:
        """A match of a pattern of imports."""
        name, alias = _name(source, pattern, captures)
        if "import" not in captures:
            self.names.append((captures["name"][0].start_byte, name, alias))
            return
        nodes = sorted(captures.get("module", ()), key=lambda node: node.start_byte)
        if sum(node.end_byte - node.start_byte for node in nodes) > _MOST_MODULE_BYTES:
            return
        separator = pattern.settings.get("separator") or "."
        module = separator.join(unquoted(source.text(node), _AROUND_MODULES) for node in nodes)
        whole = captures["import"][0]
        imported = Import(
            module=(pattern.settings.get("from") or "") + module,
            name=name,
            alias=alias,
            start=source.start(whole),
            end=source.end(whole),
        )
        to = self.lists if pattern.settings.get("names") == "within" else self.statements
        to.append(_Statement(whole.start_byte, whole.end_byte, imported))

    def in_order(self) -> tuple[Import, ...]:
        """In file order, each once."""
        found = sorted((*self.statements, *self._of_lists()), key=lambda item: item.start)
        return tuple(dict.fromkeys(item.imported for item in found))

    def places(self) -> list[tuple[int, int]]:
        """The bytes of all statements, in file order."""
        return sorted((item.start, item.end) for item in (*self.statements, *self.lists))

    def _of_lists(self) -> Iterator[_Statement]:
        lists = sorted(self.lists, key=lambda item: item.start)
        starts = [item.start for item in lists]
        for byte, name, alias in sorted(self.names):
            at = bisect_right(starts, byte) - 1
            if at >= 0 and byte < lists[at].end:
                around = lists[at]
                yield replace(around, imported=replace(around.imported, name=name, alias=alias))


def _name(source: Source, pattern: Pattern, captures: Captures) -> tuple[str, str]:
    """What is taken, and the name that it has here where that is another one."""
    name = pattern.settings.get("name") or ""
    if "wildcard" in captures:
        name = "*"
    elif "name" in captures:
        name = first_name(source.text(captures["name"][0]), pattern.settings.get("part"))
    alias = unquoted(source.text(captures["alias"][0])) if "alias" in captures else ""
    return name, "" if alias == name else alias
