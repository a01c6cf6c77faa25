"""From a parsed file to its outline: what the queries of its language find, in our nouns.

Knows no language: what is asked is in grammars/*/queries, and grammars/README.md says what the
captures mean. Definitions are put together in definitions.py, imports in imports.py, pieces in
chunks.py.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tree_sitter import Node, Tree

from aicopilot_lsp.text.syntax.bindings import Bound, bindings, settled
from aicopilot_lsp.text.syntax.chains import chain, maker_type
from aicopilot_lsp.text.syntax.chunks import chunks
from aicopilot_lsp.text.syntax.definitions import Above, Draft, definitions
from aicopilot_lsp.text.syntax.grammars import Grammar
from aicopilot_lsp.text.syntax.imports import Imports
from aicopilot_lsp.text.syntax.names import first_name, spans
from aicopilot_lsp.text.syntax.outline import Kind, Outline, Reference, Role, Scope
from aicopilot_lsp.text.syntax.parse import PIECE_BYTES, Captures, Deadline, check_depth, matches
from aicopilot_lsp.text.syntax.predicates import all_hold
from aicopilot_lsp.text.syntax.queries import Pattern
from aicopilot_lsp.text.syntax.source import Source
from aicopilot_lsp.text.syntax.type_names import type_name

# Which use of a name counts where several patterns find it; none is the last word.
_RANKS = {"name": 0, "member": 1, "type": 2, "call": 3, "none": 4}
_ARGUMENTS = re.compile(r"[<\[(]")  # a class that extends Result[X] is a Result, not an X
_MOST_CHAIN_BYTES = 1_600
_MOST_PIECES = 32  # each looks again at all of a node that is larger: a class, a long function
_MOST_NAME_CHARS = 200  # a longer name is none: a heading, a key or a selector that is text


@dataclass(slots=True)
class _Found:
    """What the matches of one file gave.

    Attributes
    ----------
    drafts : dict
        By the byte where a name begins.
    uses : dict
        By the byte where a name begins: rank, role, its last byte and its receiver.
    bound : dict
        By the byte where a name begins.
    taken : set
        Bytes where names begin that are no uses: they are defined, bound or imported there.
    """

    drafts: dict[int, Draft] = field(default_factory=dict)
    uses: dict[int, tuple[int, str, int, Node | None]] = field(default_factory=dict)
    imports: Imports = field(default_factory=Imports)
    taken: set[int] = field(default_factory=set)
    bound: dict[int, Bound] = field(default_factory=dict)
    scopes: list[Node] = field(default_factory=list)
    pieces: list[Node] = field(default_factory=list)
    above: list[Above] = field(default_factory=list)


def outline_from(
    tree: Tree,
    content: bytes,
    lines: Sequence[str],
    grammar: Grammar,
    deadline: Deadline,
    *,
    piece_bytes: int = PIECE_BYTES,
) -> Outline:
    """The outline of a parsed file.

    Parameters
    ----------
    content : bytes
        What was parsed: `encoding.encode` of the document's text.
    lines : sequence of str
        The document's.

    Raises
    ------
    OutOfTimeError
    """
    check_depth(tree, content)
    source, found = Source.of(content, lines), _Found()
    piece_bytes = max(piece_bytes, len(content) // _MOST_PIECES)
    for asked in grammar.inquiries:
        found_here = matches(
            asked.query, tree.root_node, content, deadline, piece_bytes, whole=asked.whole
        )
        for index, captures in found_here:
            pattern = asked.patterns[index]
            if all_hold(pattern.conditions, captures, content):
                _TAKERS[pattern.question](found, source, pattern, captures)
    deadline.check()
    bound = sorted(found.bound.values(), key=lambda item: item.node.start_byte)
    types = settled(bound, found.drafts.values())
    placed = definitions(found.drafts.values(), found.above, source, types)
    deadline.check()
    defined = tuple(item.definition for item in placed)
    return Outline(
        language=grammar.name,
        errors=_errors(tree, content, grammar, deadline),
        definitions=defined,
        references=tuple(_references(found, source)),
        imports=found.imports.in_order(),
        bindings=tuple(bindings(bound, placed, source, grammar.facts)),
        scopes=tuple(
            Scope(start=source.start(node), end=source.end(node))
            for node in sorted(found.scopes, key=lambda node: (node.start_byte, -node.end_byte))
        ),
        chunks=tuple(chunks(_rows(found.pieces), defined, lines)),
    )


def _take_definition(found: _Found, source: Source, pattern: Pattern, captures: Captures) -> None:
    name_node = captures["name"][0] if "name" in captures else None
    key = next(key for key in captures if key.startswith("definition."))
    node = captures[key][0]
    if name_node is None or name_node.end_byte - name_node.start_byte > _MOST_NAME_CHARS:
        return
    name = first_name(source.text(name_node), pattern.settings.get("part"))
    if not name:
        return
    draft = found.drafts.get(name_node.start_byte)
    if draft is None:
        found.taken.add(name_node.start_byte)
        draft = found.drafts[name_node.start_byte] = Draft(
            name=name,
            kind=Kind(key.removeprefix("definition.")),
            node=node,
            name_node=name_node,
            pattern=pattern.index,
            start=node.start_byte,
            end=node.end_byte,
        )
    elif pattern.index < draft.pattern:
        draft.kind, draft.node = Kind(key.removeprefix("definition.")), node
        draft.pattern = pattern.index
    draft.outer = draft.outer or _first(captures, "outer")
    around = draft.outer or draft.node
    draft.start, draft.end = around.start_byte, around.end_byte
    draft.body = draft.body or _first(captures, "body")
    draft.doc = draft.doc or _first(captures, "doc")
    if "result" in captures:
        result = _type(source, captures["result"][0])
        draft.results.setdefault(Kind(key.removeprefix("definition.")), result)
    if "parent" in captures and not draft.parent:
        draft.parent = _type(source, captures["parent"][0])
    for base in captures.get("base", ()):
        if base_name := type_name(_ARGUMENTS.split(_begin(source, base), maxsplit=1)[0]):
            draft.bases.append(base_name)


def _take_reference(found: _Found, source: Source, pattern: Pattern, captures: Captures) -> None:
    part = pattern.settings.get("part")
    for key, nodes in captures.items():
        if key.startswith("reference."):
            role = key[10:]
            rank, receiver = _RANKS[role], _first(captures, "receiver")
            for node in nodes:
                for start, end in spans(node, source, part):
                    known = found.uses.get(start)
                    # Of two alike the one counts that says what stands before the dot.
                    if known is None or (known[0], known[3] is not None) < (
                        rank,
                        receiver is not None,
                    ):
                        found.uses[start] = (rank, role, end, receiver)


def _take_import(found: _Found, source: Source, pattern: Pattern, captures: Captures) -> None:
    found.imports.take(source, pattern, captures)


def _take_binding(found: _Found, source: Source, pattern: Pattern, captures: Captures) -> None:
    node = captures["binding"][0]
    name = _chain(source, node)
    if not name:
        return
    found.taken.add(node.start_byte)
    bound = Bound(name, node, ("type" not in captures, pattern.index))
    known = found.bound.get(node.start_byte)
    if known and known.rank <= bound.rank:
        return
    if "type" in captures:
        bound.type = _type(source, captures["type"][0])
    elif "maker" in captures:
        made = _chain(source, captures["maker"][0], "()")
        if not made.endswith("()"):  # `self.rack.lock()` is the rack
            bound.like = made
        elif pattern.settings.get("maker") == "function":
            bound.type = made
        else:
            bound.type = maker_type(made.removesuffix("()"))
    else:
        bound.like = _chain(source, captures["like"][0])
    if bound.type or bound.like:
        found.bound[node.start_byte] = bound


def _take_scope(found: _Found, _source: Source, _pattern: Pattern, captures: Captures) -> None:
    found.scopes.extend(captures["scope"])


def _take_chunk(found: _Found, _source: Source, _pattern: Pattern, captures: Captures) -> None:
    found.pieces.extend(captures["chunk"])


def _take_above(found: _Found, _source: Source, _pattern: Pattern, captures: Captures) -> None:
    for key, nodes in captures.items():
        if key.startswith("_"):
            continue
        for node in nodes:
            end_row, end_column = node.end_point
            last_row = end_row - (end_column == 0 and end_row > node.start_point[0])
            found.above.append(Above(node, key == "doc", node.start_point[0], last_row))


_TAKERS: dict[str, Callable[[_Found, Source, Pattern, Captures], None]] = {
    "definitions": _take_definition,
    "references": _take_reference,
    "imports": _take_import,
    "bindings": _take_binding,
    "scopes": _take_scope,
    "chunks": _take_chunk,
    "docs": _take_above,
}


def _chain(source: Source, node: Node, call: str = "") -> str:
    """`chain` of a node; what is longer than a chain may be is not even looked at."""
    too_long = node.end_byte - node.start_byte > _MOST_CHAIN_BYTES
    return "" if too_long else chain(source.text(node) + call)


def _type(source: Source, node: Node) -> str:
    return type_name(_begin(source, node))


def _begin(source: Source, node: Node) -> str:
    """The text of a node, or so much of it as a type's name may take."""
    end = min(node.end_byte, node.start_byte + _MOST_CHAIN_BYTES)
    return source.content[node.start_byte : end].decode(errors="ignore")


def _first(captures: Captures, name: str) -> Node | None:
    nodes = captures.get(name)
    return nodes[0] if nodes else None


def _references(found: _Found, source: Source) -> Iterator[Reference]:
    """All uses in file order; what a definition, a binding or an import names is no use there."""
    statements = found.imports.places()
    passed = 0
    for byte in sorted(found.uses):
        _, role, end, receiver = found.uses[byte]
        while passed < len(statements) and statements[passed][1] <= byte:
            passed += 1
        imported = passed < len(statements) and statements[passed][0] <= byte
        if role == "none" or imported or (role in {"name", "type"} and byte in found.taken):
            continue
        yield Reference(
            name=source.content[byte:end].decode(errors="replace"),
            at=source.point(byte),
            role=Role(role),
            receiver=_chain(source, receiver) if receiver else "",
        )


def _rows(pieces: list[Node]) -> list[tuple[int, int]]:
    """First and last line, exclusive, of each node, in file order, outer ones first."""
    rows = []
    for node in pieces:
        first, (last, column) = node.start_point[0], node.end_point
        rows.append((first, last + 1 if column or last == first else last))
    return sorted(set(rows), key=lambda row: (row[0], -row[1]))


def _errors(tree: Tree, content: bytes, grammar: Grammar, deadline: Deadline) -> int:
    root = tree.root_node
    return sum(1 for _ in matches(grammar.faults, root, content, deadline)) if root.has_error else 0
