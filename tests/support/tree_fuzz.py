"""Random editing sessions that hold an updated SyntaxTree against one parsed anew.

A session begins with a piece of a sample file, in one of three kinds of line ends, and edits it as
people and programs do: typing a line character by character, renaming, deleting, pasting, undoing,
and inserting what upsets a parser. Used by tests/text/syntax and, for long runs, by
bench/fuzz_syntax.py.
"""

import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from tree_sitter import Node

from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_for, language_id_for
from aicopilot_lsp.text.syntax.tree import SyntaxTree

SAMPLES = Path(__file__).resolve().parents[1] / "golden" / "syntax"
LANGUAGES = {
    "python": "python.py",
    "typescript": "typescript.ts",
    "rust": "rust.rs",
    "go": "go.go",
    "c": "c.c",
    "java": "java.java",
}
"""Name -> sample file."""

_TYPED = "abcxyz_ 019.,;:()[]{}\"'`=+-*/<>!&|#@\\\n\t$?%^~"
_INSERTED = (
    *('"""', "'''", "/*", "*/", "//", "# ", "`", "${", "\\\n", "=>", "->", "::", "@", "<", ">"),
    *("(", ")", "{", "}", "[", "]", "if x:", "else", "return ", "class A:", "fn f() {"),
    *("\n", "\r\n", "\r", "\n\n", "    ", "\t", "\f", "\u2028", "\x00", "\ufeff"),
    *("é", "名前", "😀", "\ud83d", "def f(x):\n    return x\n"),
)
_UPDATES_PER_SESSION = 80
_LEAST_LINES = 8
_MOST_CHARS = 1_000


@dataclass(slots=True)
class Tally:
    """What a run did.

    Attributes
    ----------
    with_errors : int
        Updates to a text that its parser can't make sense of.
    differences : list of (str, str)
        Text before and after of each update that gave another tree than a fresh parse.
    updated_s, fresh_s : float
        Time of this thread in updates, and in the fresh parses beside them.
    """

    edits: int = 0
    updates: int = 0
    with_errors: int = 0
    differences: list[tuple[str, str]] = field(default_factory=list)
    updated_s: float = 0.0
    fresh_s: float = 0.0


def run_random_sessions(language: str, edits: int, seed: int, *, most_lines: int = 24) -> Tally:
    """At least `edits` random edits of pieces of the language's sample, 8 to `most_lines` lines at
    first."""
    name = LANGUAGES[language]
    sample = (SAMPLES / name).read_text(encoding="utf-8")
    chance, tally = random.Random(f"{language} {seed}"), Tally()
    pieces = _sound_pieces(chance, sample, name, most_lines)
    while tally.edits < edits:
        _run_session(_Session(chance, sample, chance.choice(pieces)), name, tally)
    return tally


def _sound_pieces(chance: random.Random, sample: str, name: str, most_lines: int) -> list[str]:
    """Some lines of the sample each, without errors as far as there are such, with all ends."""
    lines, pieces = sample.splitlines(keepends=True), []
    for _ in range(300):
        count = chance.randint(_LEAST_LINES, most_lines)
        first = chance.randrange(max(len(lines) - count, 1))
        piece = "".join(lines[first : first + count])
        if not has_error(_parsed(_document(piece, name))):
            pieces.append(piece.replace("\n", chance.choice(("\n", "\n", "\r\n", "\r"))))
    return pieces or [sample]


def _run_session(session: "_Session", name: str, tally: Tally) -> None:
    tree = _parsed(_document(session.text, name))
    for _ in range(_UPDATES_PER_SESSION):
        before = session.text
        tally.edits += session.edit()
        document = _document(session.text, name)
        started = time.thread_time()
        updated = tree.updated(document)
        between = time.thread_time()
        fresh = _parsed(document)
        tally.fresh_s += time.thread_time() - between
        tally.updated_s += between - started
        tally.updates += 1
        assert updated is not None
        if not same_tree(updated, fresh):
            tally.differences.append((before, session.text))
        session.broken = has_error(fresh)
        tally.with_errors += session.broken
        tree = updated
        if len(session.text) > _MOST_CHARS:
            return


def _document(text: str, name: str) -> DocumentSnapshot:
    return DocumentSnapshot.from_text(text, uri=name, language_id=language_id_for(name))


def _parsed(document: DocumentSnapshot) -> SyntaxTree:
    tree = SyntaxTree.parse(document, language_for(document.language_id))
    assert tree is not None, f"no parser for {document.uri}"
    return tree


def has_error(tree: SyntaxTree) -> bool:
    """Whether the parser made no sense of a part of the text."""
    return tree._tree.root_node.has_error


def same_tree(one: SyntaxTree, other: SyntaxTree) -> bool:
    """Whether two trees have the same nodes: types, fields, places, errors, in the same order."""
    mine, others = one._tree.root_node, other._tree.root_node
    return str(mine) == str(others) and list(_nodes(mine)) == list(_nodes(others))


_OF_NODE = attrgetter(
    *("kind_id", "child_count", "start_byte", "end_byte", "start_point", "end_point"),
    *("is_missing", "is_extra", "is_error", "has_error"),
)


def _nodes(root: Node) -> Iterator[object]:
    yield _OF_NODE(root)
    left = [root]
    while left:
        children = left.pop().children
        yield from map(_OF_NODE, children)
        left += [child for child in children if child.child_count]


@dataclass(slots=True)
class _Session:
    """A text under edit.

    Attributes
    ----------
    planned : list of str
        Texts that come next, the first one last: a line that is being typed.
    broken : bool
        The parser finds errors in the text.
    sound : str
        The last text without errors.
    """

    chance: random.Random
    sample: str
    text: str
    past: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    broken: bool = False
    sound: str = ""

    def __post_init__(self) -> None:
        self.sound = self.text

    def edit(self) -> int:
        """Edit the text once, or several times at once; how often."""
        times = 1 if self.chance.random() < 0.85 else self.chance.randint(2, 4)
        if not self.broken:
            self.sound = self.text
        elif not self.planned and self.chance.random() < 0.4:
            self.planned = [self.sound]  # else nearly all texts would be broken ones
        for _ in range(times):
            self.past.append(self.text)
            self.text = self.planned.pop() if self.planned else self._edited()
        return times

    def _edited(self) -> str:
        kind = self.chance.random()
        if kind < 0.15:
            self.planned = self._typing()
            return self.planned.pop()
        if kind < 0.4:
            return self._renamed()
        if kind < 0.55:
            return self.past[-self.chance.randint(1, min(6, len(self.past)))]  # undo
        if kind < 0.7:
            return self._replaced(self.chance.choice(_TYPED), 0)
        if kind < 0.8:
            return self._replaced("", self.chance.choice((1, 1, 1, 2, 5, 20)))
        if kind < 0.9:
            return self._replaced(self.chance.choice(_INSERTED), 0)
        if kind < 0.96:
            return self._pasted()
        return self._replaced(self.sample[: self.chance.randint(0, 50)], self.chance.randint(0, 40))

    def _replaced(self, text: str, length: int) -> str:
        start = self.chance.randint(0, len(self.text))
        return self.text[:start] + text + self.text[start + length :]

    def _renamed(self) -> str:
        names = list(re.finditer(r"\w+", self.text))
        if not names:
            return self.sound
        name = self.chance.choice(names)
        new = self.chance.choice(("x", "foo", "éa", "self", "1", name[0] + "s"))
        return self.text[: name.start()] + new + self.text[name.end() :]

    def _pasted(self) -> str:
        lines, others = self.text.splitlines(keepends=True), self.sample.splitlines(keepends=True)
        first, at = self.chance.randrange(len(others)), self.chance.randint(0, len(lines))
        cut = self.chance.choice((0, 0, 1, 3))
        lines[at : at + cut] = others[first : first + self.chance.randint(0, 6)]
        return "".join(lines)

    def _typing(self) -> list[str]:
        """A few lines taken out and typed anew, to their end or not."""
        lines = self.text.splitlines(keepends=True) or [self.sound]
        first = self.chance.randrange(len(lines))
        last = first + self.chance.choice((1, 1, 1, 2))
        before, typed = "".join(lines[:first]), "".join(lines[first:last])
        after, step = "".join(lines[last:]), self.chance.choice((1, 1, 2, 7))
        texts = [before + typed[:end] + after for end in range(0, len(typed), step)] + [self.text]
        if self.chance.random() < 0.2:
            texts = texts[: self.chance.randint(1, len(texts))]
        return texts[::-1]
