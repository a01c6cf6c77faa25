"""Parsers and their queries, loaded when a language is first met.

A parser comes from its language's own wheel, which may not be installed: then there is no grammar
and files are read by indentation and by words. The queries are ours (grammars/*/queries); those of
one language are one query to tree-sitter, which visits the tree once for all of them.
Only text/syntax knows tree_sitter.
"""

import importlib
import json
import logging
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tree_sitter import Language as TSLanguage
from tree_sitter import Parser, Query, QueryError

from aicopilot_lsp.text.languages import Language, ParserFacts, grammars_folder
from aicopilot_lsp.text.syntax.predicates import Condition

_log = logging.getLogger(__name__)

QUESTIONS = ("definitions", "references", "imports", "bindings", "scopes", "chunks", "docs")
"""What is asked of a parsed file: a file of each language's queries folder."""

_SET = re.compile(rb'\(#set!\s+"?([\w-]+)"?\s+("(?:\\.|[^"\\])*")\s*\)')
_CONDITION = re.compile(
    rb'\(#((?:not-)?(?:one-of|like)\?)\s+@([\w.-]+)((?:\s+"(?:\\.|[^"\\])*")*)\s*\)'
)
_STRING = re.compile(rb'"(?:\\.|[^"\\])*"')


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of a grammar's query: the question it answers, what it sets (`#set!`), and what
    has to hold for its captures."""

    index: int
    question: str
    settings: dict[str, str]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Grammar:
    """A parser with our queries; may be shared by threads.

    Attributes
    ----------
    name : str
        Of the language: the folder in grammars/.
    dialect : str
        The LSP language id that has this parser to itself; "" for the language's own.
    query : Query
        All questions in one.
    patterns : tuple of Pattern
        By the pattern's index in `query`.
    faults : Query
        The nodes that the parser could make no sense of, or missed.
    """

    name: str
    dialect: str
    facts: ParserFacts
    language: TSLanguage
    query: Query
    patterns: tuple[Pattern, ...]
    faults: Query

    def parser(self) -> Parser:
        """A new parser: one is not to be used by two threads at a time."""
        return Parser(self.language)


def parser_for(
    language: Language, language_id: str = "", *, without: frozenset[str] = frozenset()
) -> Grammar | None:
    """The grammar of a language, or of the dialect that `language_id` names; None without one.
    `without` are those of QUESTIONS that its query does not ask."""
    facts = language.parser
    if facts is None:
        return None
    dialect = language_id if language_id in dict(facts.functions) else ""
    return _load(language.name, facts, dialect, without)


@cache
def _load(name: str, facts: ParserFacts, dialect: str, without: frozenset[str]) -> Grammar | None:
    try:
        module = importlib.import_module(facts.wheel)
        function = dict(facts.functions).get(dialect, facts.function)
        parser = TSLanguage(getattr(module, function)())
    except (ImportError, AttributeError, ValueError) as error:
        # Not installed, or made for another version of tree-sitter.
        _log.debug("no parser for %s: %s", name, type(error).__name__)
        return None
    files = [(q, path) for q, path in query_files(name, facts, dialect) if q not in without]
    query, patterns = _combined(parser, name, files)
    faults = Query(parser, "[(ERROR) (MISSING)] @fault")
    return Grammar(name, dialect, facts, parser, query, patterns, faults)


def query_files(name: str, facts: ParserFacts, dialect: str = "") -> Iterator[tuple[str, Path]]:
    """Each question and the files that ask it, those of other languages before the own ones."""
    more = dict(facts.dialect_queries).get(dialect, ())
    for question in QUESTIONS:
        for folder in (*facts.queries, *more, name):
            path = grammars_folder() / folder / "queries" / f"{question}.scm"
            if path.is_file():
                yield question, path


def _combined(
    parser: TSLanguage, name: str, files: Iterable[tuple[str, Path]]
) -> tuple[Query, tuple[Pattern, ...]]:
    sources = [(q, path.read_text(encoding="utf-8")) for q, path in files]
    try:
        return _compiled(parser, sources)
    except QueryError:
        # The wheel that is installed has other nodes than the one our queries were written for.
        fitting = [(question, text) for question, text in sources if _fits(parser, text)]
        missing = sorted({q for q, _ in sources} - {q for q, _ in fitting})
        _log.warning(
            "the installed parser for %s does not know all that is asked of it: %s will not be "
            "found in its files; install the versions that aicopilot-lsp asks for",
            *(name, ", ".join(missing)),
        )
        return _compiled(parser, fitting)


def _fits(parser: TSLanguage, source: str) -> bool:
    try:
        compiled(parser, source)
    except QueryError:
        return False
    return True


def compiled(
    parser: TSLanguage, source: str
) -> tuple[Query, list[dict[str, str]], list[tuple[Condition, ...]]]:
    """A query, and what each of its patterns sets and asks for.

    Ours are taken out before tree-sitter sees the text: a query of tree-sitter 0.26.1 with a
    `#set!` behind a predicate corrupts the memory when it is freed, and each call of a predicate
    of ours would keep the whole tree in memory for good (0.3 MB a file).
    """
    text = source.encode()
    found = [
        (match.start(), match[1].decode(), json.loads(match[2])) for match in _SET.finditer(text)
    ]
    asked = [
        (
            match.start(),
            Condition(
                match[1].decode(),
                match[2].decode(),
                tuple(map(json.loads, _STRING.findall(match[3]))),
            ),
        )
        for match in _CONDITION.finditer(text)
    ]
    for ours in (_SET, _CONDITION):
        text = ours.sub(lambda match: b" " * len(match[0]), text)
    query = Query(parser, text.decode())
    starts = [query.start_byte_for_pattern(index) for index in range(query.pattern_count)]
    settings: list[dict[str, str]] = [{} for _ in starts]
    for byte, key, value in found:
        settings[bisect_right(starts, byte) - 1][key] = value
    conditions: list[tuple[Condition, ...]] = [() for _ in starts]
    for byte, condition in asked:
        conditions[bisect_right(starts, byte) - 1] += (condition,)
    return query, settings, conditions


def _compiled(
    parser: TSLanguage, sources: Iterable[tuple[str, str]]
) -> tuple[Query, tuple[Pattern, ...]]:
    ends, text = [], ""
    for question, source in sources:
        text += source + "\n"
        ends.append((len(text.encode()), question))
    query, settings, conditions = compiled(parser, text)
    patterns = tuple(
        Pattern(
            index,
            next(q for end, q in ends if query.start_byte_for_pattern(index) < end),
            settings[index],
            conditions[index],
        )
        for index in range(query.pattern_count)
    )
    return query, patterns
