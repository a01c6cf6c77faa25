"""Every query file: it fits its language's parser, and speaks in the conventions' words."""

import re

import pytest
from tree_sitter import Query

from aicopilot_lsp.text.languages import Language, grammars_folder, language_for
from aicopilot_lsp.text.syntax.grammars import (
    QUESTIONS,
    Grammar,
    parser_for,
    query_files,
)
from aicopilot_lsp.text.syntax.outline import Kind, Role
from aicopilot_lsp.text.syntax.predicates import Condition
from aicopilot_lsp.text.syntax.queries import inquiries, pattern, pattern_texts

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
# Without these a match says nothing; of some questions one is enough.
NEEDED = {
    "definitions": ("definition.", "name"),
    "references": ("reference.",),
    "imports": ("import", "name"),
    "bindings": ("binding",),
    "scopes": ("scope",),
    "chunks": ("chunk",),
    "docs": ("doc", "above"),
}
ONE_IS_ENOUGH = {"imports", "docs"}


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


def asked_in(grammar: Grammar) -> list[tuple[str, str]]:
    """Question and text of each pattern."""
    return [
        (question, text)
        for question, path in query_files(grammar.name, grammar.facts, grammar.dialect)
        for text in pattern_texts(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("name", WITH_PARSER)
def test_every_pattern_fits_its_parser(name: str) -> None:
    for grammar in grammars(name):
        compiled = [p for asked in grammar.inquiries for p in asked.patterns]
        assert sorted((p.index, p.question) for p in compiled) == [
            (index, question) for index, (question, _) in enumerate(asked_in(grammar))
        ]
        for asked in grammar.inquiries:
            assert asked.query.pattern_count == len(asked.patterns)


@pytest.mark.parametrize("name", WITH_PARSER)
def test_every_pattern_captures_what_its_question_needs_in_the_words_of_the_conventions(
    name: str,
) -> None:
    for grammar in grammars(name):
        for question, text in asked_in(grammar):
            nodes = re.sub(r'"(?:\\.|[^"\\])*"', "", text)
            captured = {c for c in re.findall(r"@([\w.-]+)", nodes) if not c.startswith("_")}
            assert captured <= CAPTURES[question], text
            met = [any(c.startswith(need) for c in captured) for need in NEEDED[question]]
            assert any(met) if question in ONE_IS_ENOUGH else all(met), text


@pytest.mark.parametrize("name", WITH_PARSER)
def test_no_query_uses_the_predicates_that_are_slow_here(name: str) -> None:
    for grammar in grammars(name):
        for _, text in asked_in(grammar):
            used = set(re.findall(r"\(#([\w-]+[?!])", text))
            assert used <= {"one-of?", "not-one-of?", "like?", "not-like?", "set!"}, text


@pytest.mark.parametrize("name", WITH_PARSER)
def test_every_pattern_as_written_is_one_that_the_parser_can_build(name: str) -> None:
    """What the program compiles would not tell: inner kinds are taken out of it (easing.py)."""
    grammar = grammars(name)[0]
    for question, text in asked_in(grammar):
        assert Query(grammar.language, pattern(0, question, text)[1])


def test_query_folders_hold_nothing_but_questions() -> None:
    names = {path.stem for path in grammars_folder().glob("*/queries/*")}
    assert names <= set(QUESTIONS)
    assert {path.suffix for path in grammars_folder().glob("*/queries/*")} == {".scm"}


ODD_FILE = """
    ; (a comment)
    (comment) @doc
    ((identifier) @name ; another ")"
      (#like? @name "é|x") (#set! name "a \\"b\\"") (#set! part "\\\\w+"))
    [(call) "(" @_open]+ @call
    "return" @word
"""


def test_a_query_file_is_cut_into_its_patterns() -> None:
    texts = list(pattern_texts(ODD_FILE))
    assert [text.split()[0] for text in texts] == [
        "(comment)",
        "((identifier)",
        "[(call)",
        '"return"',
    ]
    assert [text.split()[-1] for text in texts] == ["@doc", r'"\\w+"))', "@call", "@word"]
    assert list(pattern_texts("; nothing\n")) == []


def test_settings_and_conditions_are_kept_from_tree_sitter() -> None:
    (asked,), lost = inquiries(grammars("python")[0].language, [("docs", ODD_FILE)])
    assert not lost
    assert [p.settings for p in asked.patterns] == [{}, {"name": 'a "b"', "part": r"\w+"}, {}, {}]
    assert not any("#" in pattern(0, "docs", text)[1] for text in pattern_texts(ODD_FILE))
    condition = Condition("like?", "name", ("é|x",))
    assert [p.conditions for p in asked.patterns] == [(), (condition,), (), ()]


def test_a_pattern_that_does_not_fit_the_parser_is_left_out_and_said() -> None:
    sources = [("docs", "(comment) @doc (no_such_node) @doc"), ("scopes", "(block) @scope")]
    asked, lost = inquiries(grammars("python")[0].language, sources)
    assert lost == {"docs"}
    assert [p.index for part in asked for p in part.patterns] == [0, 2]


def test_what_begins_at_the_root_is_asked_of_the_whole_file() -> None:
    source = "(module (_) @chunk) (block (_) @chunk) ((module) @chunk)"
    asked, _ = inquiries(grammars("python")[0].language, [("chunks", source)])
    assert [([p.index for p in part.patterns], part.whole) for part in asked] == [
        ([1], False),
        ([0, 2], True),
    ]


def test_a_language_is_compiled_in_pieces() -> None:
    for name in ("python", "typescript", "cpp"):
        assert 4 <= len(grammars(name)[0].inquiries) <= 9
