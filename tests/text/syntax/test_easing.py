"""Patterns that are cheap to compile find what the written ones do, and nothing else."""

import pytest
import tree_sitter_python
from tree_sitter import Language, Parser

from aicopilot_lsp.text.syntax.easing import eased
from aicopilot_lsp.text.syntax.parse import Deadline, matches
from aicopilot_lsp.text.syntax.predicates import KIND, Condition, all_hold
from aicopilot_lsp.text.syntax.queries import inquiries

PYTHON = Language(tree_sitter_python.language())
KNOWN = frozenset({"assignment", "block", "call", "await", "identifier", "string"})


@pytest.mark.parametrize(
    ("text", "expected", "kinds"),
    [
        pytest.param(
            "(assignment right: (call function: (identifier) @maker))",
            "( assignment right: ( _ function: ( identifier ) @maker ) @_kind0 )",
            ["call"],
            id="an inner kind is taken out, the outermost and the innermost are not",
        ),
        pytest.param(
            "(block [(call (identifier) @x) (await (call (identifier) @x))]? @y)",
            "( block [ ( _ ( identifier ) @x ) @_kind0"
            " ( _ ( _ ( identifier ) @x ) @_kind1 ) @_kind2 ]? @y )",
            ["call", "call", "await"],
            id="in alternatives and in each other",
        ),
        pytest.param(
            '[(call "(") (await (call "(")* @z)] @y',
            '[ ( call "(" ) ( await ( _ "(" )* @_kind0 @z ) ] @y',
            ["call"],
            id="alternatives have an outermost kind each, and quantifiers stay where they are",
        ),
        pytest.param(
            "((string) @doc . (call (identifier)) @x) ; (a (b (c)))",
            "( ( string ) @doc . ( call ( identifier ) ) @x )",
            [],
            id="of neighbours each is outermost, and a comment is none",
        ),
        pytest.param(
            "(block (no_such (identifier)) (call) (_ (string)) (await !x))",
            "( block ( no_such ( identifier ) ) ( call ) ( _ ( string ) ) ( await !x ) )",
            [],
            id="what is not known, or has nothing in it, stays",
        ),
    ],
)
def test_inner_kinds_become_conditions(text: str, expected: str, kinds: list[str]) -> None:
    conditions = tuple(Condition(KIND, f"_kind{n}", (kind,)) for n, kind in enumerate(kinds))
    assert eased(text, KNOWN) == (expected, conditions)


def test_what_is_of_another_kind_is_no_match() -> None:
    source = b"a = f()\nb = await f()\nc = [f]\nd = -f\n"
    text = "(assignment left: (_) @name right: [(call (identifier) @x) (list (identifier) @x)])"
    (asked,), lost = inquiries(PYTHON, [("docs", text)])
    assert not lost
    root = Parser(PYTHON).parse(source).root_node
    found = [
        source[captures["name"][0].start_byte : captures["name"][0].end_byte]
        for index, captures in matches(asked.query, root, source, Deadline.after_ms(10_000))
        if all_hold(asked.patterns[index].conditions, captures, source)
    ]
    assert sorted(set(found)) == [b"a", b"c"]


def test_a_kind_that_the_parser_does_not_have_is_still_told() -> None:
    asked, lost = inquiries(PYTHON, [("docs", "(block (no_such (identifier)) @doc)")])
    assert not asked
    assert lost == {"docs"}
