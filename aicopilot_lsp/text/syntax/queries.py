"""Our query files made into what a parser can be asked.

tree-sitter keeps Python's lock while it compiles a query, so that whoever types waits. So patterns
are made cheap for it (easing.py) and compiled in pieces: Python in five, of which the slowest keeps
the lock for 6 ms, TypeScript for 31, C++ for 46, Swift for 100; as written and all in one, for 40,
350, 1,300 and 1,000. In smaller pieces it would be less, but each query visits the tree by itself:
50 KB of Python take 9 ms with four queries, 11 with six, 38 with 26, at each key.
"""

import json
import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from tree_sitter import Language as TSLanguage
from tree_sitter import Parser, Query, QueryError

from aicopilot_lsp.text.syntax.easing import eased
from aicopilot_lsp.text.syntax.predicates import Condition

_CHARS = 1_500
_CHARS_OF_MANY_STATES = 750  # where each pattern takes longer: Swift, Ruby, C#
_MANY_STATES = 5_000
_MOST_QUERIES = 6

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


def _eased(found: Pattern, text: str, known: frozenset[str]) -> tuple[Pattern, str]:
    text, conditions = eased(text, known)
    return replace(found, conditions=(*conditions, *found.conditions)), text


def _kinds(parser: TSLanguage) -> frozenset[str]:
    """Of all nodes that there may be in a tree."""
    ids = set(range(parser.node_kind_count)).difference(parser.supertypes)
    names = ((number, parser.node_kind_for_id(number)) for number in ids)
    return frozenset(name for number, name in names if name and parser.node_kind_is_named(number))


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
    known = _kinds(parser)
    patterns = [_eased(*pattern(index, *item), known) for index, item in enumerate(texts)]
    root = Parser(parser).parse(b"").root_node.type
    at_root = re.compile(rf"[(\[\s]+{re.escape(root)}\b")
    chars = _CHARS_OF_MANY_STATES if parser.parse_state_count > _MANY_STATES else _CHARS
    found: list[Inquiry] = []
    lost: set[str] = set()
    for whole in (False, True):
        chosen = [item for item in patterns if bool(at_root.match(item[1])) is whole]
        for group in _groups(chosen, chars):
            query, fitting = _query(parser, group), group
            if query is None:
                fitting = [item for item in group if _query(parser, [item])]
                lost |= {item[0].question for item in group if item not in fitting}
                query = _query(parser, fitting)
            if query is not None:
                found.append(Inquiry(query, tuple(item[0] for item in fitting), whole))
    return tuple(found), frozenset(lost)


def _groups(
    patterns: Sequence[tuple[Pattern, str]], chars: int
) -> Iterator[Sequence[tuple[Pattern, str]]]:
    """In their order, in groups that take about as long to compile, which goes by the nodes that
    are written."""
    count = min(math.ceil(sum(len(text) for _, text in patterns) / chars), _MOST_QUERIES)
    nodes = list(accumulate(_nodes(text) for _, text in patterns))
    ends = [bisect_left(nodes, nodes[-1] * part / count) + 1 for part in range(1, count)]
    for first, last in pairwise([0, *ends, len(patterns)]):
        if group := patterns[first:last]:
            yield group


def _nodes(text: str) -> int:
    return text.count("(") + text.count("[")


def _query(parser: TSLanguage, group: Iterable[tuple[Pattern, str]]) -> Query | None:
    text = "\n".join(text for _, text in group)
    try:
        return Query(parser, text) if text else None
    except QueryError:
        return None
