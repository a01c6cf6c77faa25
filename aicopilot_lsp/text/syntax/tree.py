"""The syntax tree of an open file, kept up to date while it is edited.

What changed is found by comparing the two texts, not told by edits: right for any two versions,
whatever happened in between (0.3 ms for 1 MB). tree-sitter then reuses what did not change.

It does not promise that such a tree is the one that a fresh parse gives, and where the text has
errors it sometimes is not: what was built behind an error, or on the way out of one, can sway how
the parser recovers from the next (in 1 of 600 random edits of broken files). An outline that
depends on what was typed before can't be reasoned about, so:

- A tree without errors is the only one that its text has: built from one, it is kept as it is.
- Otherwise only what stands before the first edit and the first error is reused. The parser reads
  from left to right, so what it has there is what a fresh parse has there too.

`make fuzz-syntax` holds this against fresh parses.

Python's lock is let go of between pieces (parse.py): parsing 30,000 lines of Python keeps it for
0.6 ms at a time, and another thread on a busy machine waited for at most 20 ms; without the
callbacks it waited for all of the parse, 400 to 900 ms. Freeing such a tree keeps it for 16 ms.
"""

from dataclasses import dataclass, field, replace

from tree_sitter import Tree

from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import Language
from aicopilot_lsp.text.syntax import plain
from aicopilot_lsp.text.syntax.encoding import encode
from aicopilot_lsp.text.syntax.extract import outline_from
from aicopilot_lsp.text.syntax.grammars import Grammar
from aicopilot_lsp.text.syntax.outline import Outline
from aicopilot_lsp.text.syntax.parse import Deadline, OutOfTimeError, parse
from aicopilot_lsp.text.syntax.read import LIMIT_MS, MOST_BYTES, grammar_of


@dataclass(frozen=True, slots=True)
class SyntaxTree:
    """The tree of one version of a document; never changes, may be shared by threads.

    Attributes
    ----------
    document : DocumentSnapshot
        The version that was parsed.
    """

    document: DocumentSnapshot
    language: Language
    _grammar: Grammar = field(repr=False)
    _content: bytes = field(repr=False)
    _tree: Tree = field(repr=False, compare=False)

    @classmethod
    def parse(
        cls, document: DocumentSnapshot, language: Language, *, limit_ms: float = LIMIT_MS
    ) -> "SyntaxTree | None":
        """The tree of a document; None if its language has no parser, if it is larger than
        MOST_BYTES, or if parsing takes more than `limit_ms` of the thread's own time."""
        grammar = grammar_of(document, language)
        if grammar is None or (content := _small(document)) is None:
            return None
        try:
            tree = parse(grammar.parser(), content, Deadline.after_ms(limit_ms))
        except OutOfTimeError:
            return None
        return cls(document, language, grammar, content, tree)

    def updated(
        self, document: DocumentSnapshot, *, limit_ms: float = LIMIT_MS
    ) -> "SyntaxTree | None":
        """The tree of another version of the same document; None as from `parse`.

        8,000 lines, one character changed: 1 to 2 ms where the code has no errors, about 20 ms
        where it has; a fresh parse takes 40 ms.
        """
        if (document.uri, document.language_id) != (self.document.uri, self.document.language_id):
            return SyntaxTree.parse(document, self.language, limit_ms=limit_ms)
        if (content := _small(document)) is None:
            return None
        if content == self._content:
            return replace(self, document=document)
        try:
            tree = self._reparsed(content, Deadline.after_ms(limit_ms))
        except OutOfTimeError:
            return None
        return replace(self, document=document, _content=content, _tree=tree)

    def outline(self, *, limit_ms: float = LIMIT_MS) -> Outline:
        """The outline of the document; one without a parser's help if it takes too long."""
        deadline = Deadline.after_ms(limit_ms)
        lines = self.document.lines
        try:
            return outline_from(self._tree, self._content, lines, self._grammar, deadline)
        except OutOfTimeError:
            return plain.outline(self.document, self.language)

    def _reparsed(self, content: bytes, deadline: Deadline) -> Tree:
        old, parser = self._content, self._grammar.parser()
        edit = _edit_between(old, content)
        same_until = edit.start
        if self._tree.root_node.has_error:
            same_until = min(same_until, _first_error(self._tree))
        else:
            tree = parse(parser, content, deadline, _edited(self._tree, old, content, edit))
            if not tree.root_node.has_error:
                return tree
        rest = _Edit(same_until, len(old), len(content))
        return parse(parser, content, deadline, _edited(self._tree, old, content, rest))


@dataclass(frozen=True, slots=True)
class _Edit:
    """Bytes start..old_end of one text became start..new_end of another."""

    start: int
    old_end: int
    new_end: int


def _small(document: DocumentSnapshot) -> bytes | None:
    """What is parsed for a document, None if that is too much."""
    if sum(map(len, document.lines)) > MOST_BYTES:
        return None
    return encode(document.text)


def _edit_between(old: bytes, new: bytes) -> _Edit:
    """The shortest edit that makes `new` of `old`, in whole characters."""
    head = _common_head(old, new)
    while 0 < head < len(old) and _in_character(old[head]):
        head -= 1
    tail = _common_tail(old, new, min(len(old), len(new)) - head)
    while tail and _in_character(old[len(old) - tail]):
        tail -= 1
    return _Edit(head, len(old) - tail, len(new) - tail)


_STEPS = (65_536, 4_096, 256, 16, 1)


def _common_head(old: bytes, new: bytes) -> int:
    most, same = min(len(old), len(new)), 0
    for step in _STEPS:
        while same + step <= most and old[same : same + step] == new[same : same + step]:
            same += step
    return same


def _common_tail(old: bytes, new: bytes, most: int) -> int:
    same, old_end, new_end = 0, len(old), len(new)
    for step in _STEPS:
        while (
            same + step <= most
            and old[old_end - same - step : old_end - same]
            == new[new_end - same - step : new_end - same]
        ):
            same += step
    return same


def _in_character(byte: int) -> bool:
    """Whether a byte of UTF-8 is not the first of its character."""
    return byte & 0xC0 == 0x80


def _edited(tree: Tree, old: bytes, new: bytes, edit: _Edit) -> Tree:
    """A copy of `tree` that knows of the edit; cheap, for trees share their nodes."""
    copy = tree.copy()
    copy.edit(
        *(edit.start, edit.old_end, edit.new_end),
        *(_place(old, edit.start), _place(old, edit.old_end), _place(new, edit.new_end)),
    )
    return copy


def _place(content: bytes, at: int) -> tuple[int, int]:
    """Row and column, in bytes, of a byte."""
    return content.count(b"\n", 0, at), at - content.rfind(b"\n", 0, at) - 1


def _first_error(tree: Tree) -> int:
    """The byte where the first thing begins that the parser made no sense of."""
    cursor = tree.walk()
    while (node := cursor.node) is not None and not (node.is_error or node.is_missing):
        if not cursor.goto_first_child():
            return node.start_byte
        while (child := cursor.node) is not None and not child.has_error:
            if not cursor.goto_next_sibling():
                return node.start_byte
    return node.start_byte if node is not None else 0
