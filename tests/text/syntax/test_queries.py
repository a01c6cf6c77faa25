"""Every query file: it fits its language's parser, and speaks in the conventions' words."""

import re

import pytest

from aicopilot_lsp.text.languages import Language, grammars_folder, language_for
from aicopilot_lsp.text.syntax.grammars import (
    QUESTIONS,
    Grammar,
    compiled,
    parser_for,
    query_files,
)
from aicopilot_lsp.text.syntax.outline import Kind, Role
from aicopilot_lsp.text.syntax.predicates import Condition

WITH_PARSER = sorted(
    path.parent.name
    for path in grammars_folder().glob("*/language.toml")
    if "[parser]" in path.read_text(encoding="utf-8")
)
CAPTURES = {
    "definitions": {f"definition.{kind}" for kind in Kind}
    | {"name", "body", "outer", "base", "result", "parent", "doc"},
    "references": {f"reference.{role}" for role in (*Role, "none")} | {"receiver"},
    "imports": {"import", "module", "name", "alias", "wildcard"},
    "bindings": {"binding", "type", "maker", "like"},
    "scopes": {"scope"},
    "chunks": {"chunk"},
    "docs": {"doc", "above"},
}
# Without one of these a match says nothing; where there are several, one is enough.
NEEDED = {
    "definitions": ("definition.", "name"),
    "references": ("reference.",),
    "imports": ("import",),
    "bindings": ("binding",),
    "scopes": ("scope",),
    "chunks": ("chunk",),
    "docs": ("doc", "above"),
}


def language(name: str) -> Language:
    toml = (grammars_folder() / name / "language.toml").read_text(encoding="utf-8")
    ids = re.search(r'^language_ids = \["([^"]+)"', toml, re.MULTILINE)
    assert ids
    return language_for(ids[1])


def grammars(name: str) -> list[Grammar]:
    """That of each dialect."""
    found = language(name)
    assert found.parser
    ids = [found.language_ids[0], *(key for key, _ in found.parser.functions)]
    grammars = [parser_for(found, key) for key in ids]
    assert all(grammars), f"the parser of {name} is not installed"
    return [grammar for grammar in grammars if grammar]


@pytest.mark.parametrize("name", WITH_PARSER)
def test_every_query_file_fits_its_parser(name: str) -> None:
    for grammar in grammars(name):
        for _, path in query_files(grammar.name, grammar.facts, grammar.dialect):
            compiled(grammar.language, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", WITH_PARSER)
def test_every_capture_is_one_of_the_conventions(name: str) -> None:
    for grammar in grammars(name):
        for question, path in query_files(grammar.name, grammar.facts, grammar.dialect):
            query, *_ = compiled(grammar.language, path.read_text(encoding="utf-8"))
            captures = {query.capture_name(index) for index in range(query.capture_count)}
            public = {capture for capture in captures if not capture.startswith("_")}
            assert public <= CAPTURES[question], path


@pytest.mark.parametrize("name", WITH_PARSER)
def test_every_pattern_captures_what_its_question_needs(name: str) -> None:
    for grammar in grammars(name):
        for question, path in query_files(grammar.name, grammar.facts, grammar.dialect):
            source = path.read_text(encoding="utf-8")
            query, *_ = compiled(grammar.language, source)
            for index in range(query.pattern_count):
                place = slice(
                    query.start_byte_for_pattern(index), query.end_byte_for_pattern(index)
                )
                pattern = source.encode()[place].decode()
                captured = re.findall(r"@([\w.]+)", pattern)
                met = [any(c.startswith(need) for c in captured) for need in NEEDED[question]]
                assert any(met) if question == "docs" else all(met), (path, pattern)


@pytest.mark.parametrize("name", WITH_PARSER)
def test_no_query_uses_the_predicates_that_are_slow_here(name: str) -> None:
    for grammar in grammars(name):
        for _, path in query_files(grammar.name, grammar.facts, grammar.dialect):
            used = set(re.findall(r"\(#([\w-]+[?!])", path.read_text(encoding="utf-8")))
            assert used <= {"one-of?", "not-one-of?", "like?", "not-like?", "set!"}, path


def test_query_folders_hold_nothing_but_questions() -> None:
    names = {path.stem for path in grammars_folder().glob("*/queries/*")}
    assert names <= set(QUESTIONS)
    assert {path.suffix for path in grammars_folder().glob("*/queries/*")} == {".scm"}


def test_settings_and_conditions_belong_to_their_pattern_and_a_query_with_one_can_be_freed() -> (
    None
):
    grammar = grammars("python")[0]
    source = """
        (comment) @doc
        ((identifier) @name (#like? @name "é|x") (#set! name "a \\"b\\"") (#set! part "\\\\w+"))
        (call) @call
    """
    for _ in range(1_000):  # so often does it crash where tree-sitter is given the settings
        query, settings, conditions = compiled(grammar.language, source)
        assert settings == [{}, {"name": 'a "b"', "part": r"\w+"}, {}]
        assert conditions == [(), (Condition("like?", "name", ("é|x",)),), ()]
        del query
