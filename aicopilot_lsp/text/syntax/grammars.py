"""Parsers and their queries, loaded when a language is first met.

A parser comes from its language's own wheel, which may not be installed: then there is no grammar
and files are read by indentation and by words. The queries are ours (grammars/*/queries), compiled
by queries.py. Only text/syntax knows tree_sitter.
"""

import importlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tree_sitter import Language as TSLanguage
from tree_sitter import Parser, Query

from aicopilot_lsp.text.languages import Language, ParserFacts, grammars_folder
from aicopilot_lsp.text.syntax.queries import Inquiry, inquiries

_log = logging.getLogger(__name__)

QUESTIONS = ("definitions", "references", "imports", "bindings", "scopes", "chunks", "docs")
"""What is asked of a parsed file: a file of each language's queries folder."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A parser with our queries; may be shared by threads.

    Attributes
    ----------
    name : str
        Of the language: the folder in grammars/.
    dialect : str
        The LSP language id that has this parser to itself; "" for the language's own.
    inquiries : tuple of Inquiry
        All that is asked of its files.
    faults : Query
        The nodes that the parser could make no sense of, or missed.
    """

    name: str
    dialect: str
    facts: ParserFacts
    language: TSLanguage
    inquiries: tuple[Inquiry, ...]
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
    parser = _parser(name, facts, dialect)
    if parser is None:
        return None
    files = [(q, path) for q, path in query_files(name, facts, dialect) if q not in without]
    sources = [(question, path.read_text(encoding="utf-8")) for question, path in files]
    asked, lost = inquiries(parser, sources)
    if lost:
        _log.warning(
            "the installed parser for %s does not know all that is asked of it: not all %s will be "
            "found in its files; install the versions that aicopilot-lsp asks for",
            *(name, ", ".join(sorted(lost))),
        )
    faults = Query(parser, "[(ERROR) (MISSING)] @fault")
    return Grammar(name, dialect, facts, parser, asked, faults)


def _parser(name: str, facts: ParserFacts, dialect: str) -> TSLanguage | None:
    try:
        module = importlib.import_module(facts.wheel)
    except ImportError:
        _log.debug("no parser for %s: its package is not installed", name)
        return None
    try:
        return TSLanguage(getattr(module, dict(facts.functions).get(dialect, facts.function))())
    except (AttributeError, TypeError, ValueError) as error:
        _log.warning(
            "the installed parser for %s can't be used (%s): its files are read by indentation and "
            "by words; install the version that aicopilot-lsp asks for",
            *(name, type(error).__name__),
        )
        return None


def query_files(name: str, facts: ParserFacts, dialect: str = "") -> Iterator[tuple[str, Path]]:
    """Each question and the files that ask it, those of other languages before the own ones."""
    more = dict(facts.dialect_queries).get(dialect, ())
    for question in QUESTIONS:
        for folder in (*facts.queries, *more, name):
            path = grammars_folder() / folder / "queries" / f"{question}.scm"
            if path.is_file():
                yield question, path
