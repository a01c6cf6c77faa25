"""Our query files made into what a parser can be asked.

tree-sitter keeps Python's lock while it compiles a query, and a large one takes more than its
parts: all that is asked of TypeScript keeps it for 350 ms, of C++ for 1.3 s; in parts, for 60 ms
and 180 ms at a time, and half in all. But each query visits the tree by itself: 64 KB of Python
take 20 ms with one query of 73 patterns or with four, 80 ms with 16. So a few patterns are one
query.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Language as TSLanguage
from tree_sitter import Parser, Query, QueryError

from aicopilot_lsp.text.syntax.predicates import Condition

# Python: 4 queries, of which the slowest keeps the lock for 19 ms.
_MOST_CHARS = 2_000
_MOST_CHARS_IN_ALL = 10_000  # of all patterns; where there are more, the queries are larger

_TOKEN = re.compile(r';.*|"(?:\\.|[^"\\])*"|[()\[\]]|[^\s()\[\]";]+')
_SET = re.compile(r'\(#set!\s+"?([\w-]+)"?\s+("(?:\\.|[^"\\])*")\s*\)')
_CONDITION = re.compile(
    r'\(#((?:not-)?(?:one-of|like)\?)\s+@([\w.-]+)((?:\s+"(?:\\.|[^"\\])*")*)\s*\)'
)
_STRING = re.compile(r'"(?:\\.|[^"\\])*"')


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of a grammar: the question it answers, what it sets (`#set!`), and what has to
    hold for its captures. `index` counts all patterns of the grammar in the order of its files."""

    index: int
    question: str
    settings: dict[str, str]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Some patterns, compiled into one query.

    Attributes
    ----------
    patterns : tuple of Pattern
        By their index in `query`.
    whole : bool
        They begin at the root node: asked of a piece of the file, each would look at all of it.
    """

    query: Query
    patterns: tuple[Pattern, ...]
    whole: bool


def pattern_texts(source: str) -> Iterator[str]:
    """The patterns of a query file, each with its captures, without the comments around it."""
    start, end, depth = -1, 0, 0
    for token in _TOKEN.finditer(source):
        mark = token[0][0]
        if mark == ";":
            continue
        if depth == 0 and mark in '(["':
            if start >= 0:
                yield source[start:end]
            start = token.start()
        depth += (mark in "([") - (mark in ")]")
        end = token.end()
    if start >= 0:
        yield source[start:end]


def pattern(index: int, question: str, text: str) -> tuple[Pattern, str]:
    """A pattern, and the text of it that tree-sitter gets to see.

    Ours are taken out: a query of tree-sitter 0.26.1 with a `#set!` behind a predicate corrupts the
    memory when it is freed, and each call of a predicate of ours would keep the whole tree in
    memory for good (0.3 MB a file).
    """
    settings = {key: json.loads(value) for key, value in _SET.findall(text)}
    conditions = tuple(
        Condition(predicate, capture, tuple(map(json.loads, _STRING.findall(wanted))))
        for predicate, capture, wanted in _CONDITION.findall(text)
    )
    return Pattern(index, question, settings, conditions), _CONDITION.sub("", _SET.sub("", text))


def inquiries(
    parser: TSLanguage, sources: Iterable[tuple[str, str]]
) -> tuple[tuple[Inquiry, ...], frozenset[str]]:
    """All that is asked of a language's files; and the questions that lost patterns, because the
    parser knows other nodes than they were written for.

    Parameters
    ----------
    sources : iterable of (str, str)
        Questions, and the texts of their query files.
    """
    texts = [(question, text) for question, source in sources for text in pattern_texts(source)]
    patterns = [pattern(index, *item) for index, item in enumerate(texts)]
    root = Parser(parser).parse(b"").root_node.type
    at_root = re.compile(rf"[(\[\s]+{re.escape(root)}\b")
    most_chars = max(_MOST_CHARS, _MOST_CHARS * sum(len(t) for _, t in texts) // _MOST_CHARS_IN_ALL)
    found: list[Inquiry] = []
    lost: set[str] = set()
    for whole in (False, True):
        chosen = [item for item in patterns if bool(at_root.match(item[1])) is whole]
        for group in _groups(chosen, most_chars):
            query, fitting = _query(parser, group), group
            if query is None:
                fitting = [item for item in group if _query(parser, [item])]
                lost |= {item[0].question for item in group if item not in fitting}
                query = _query(parser, fitting)
            if query is not None:
                found.append(Inquiry(query, tuple(item[0] for item in fitting), whole))
    return tuple(found), frozenset(lost)


def _groups(
    patterns: Iterable[tuple[Pattern, str]], most_chars: int
) -> Iterator[list[tuple[Pattern, str]]]:
    group: list[tuple[Pattern, str]] = []
    chars = 0
    for item in patterns:
        if group and chars + len(item[1]) > most_chars:
            yield group
            group, chars = [], 0
        group.append(item)
        chars += len(item[1])
    if group:
        yield group


def _query(parser: TSLanguage, group: Iterable[tuple[Pattern, str]]) -> Query | None:
    text = "\n".join(text for _, text in group)
    try:
        return Query(parser, text) if text else None
    except QueryError:
        return None
