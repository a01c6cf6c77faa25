"""A tree that is kept up to date is the tree of its text.

`bench/fuzz_syntax.py` runs the random edits for as long as one likes.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import PLAIN, language_for
from aicopilot_lsp.text.syntax import tree
from aicopilot_lsp.text.syntax.read import outline
from aicopilot_lsp.text.syntax.tree import SyntaxTree
from tests.support.tree_fuzz import LANGUAGES, run_random_sessions, same_tree

SEED = 20_260_101
EDITS = 20_000

PYTHON = """\
class Größe:
    def breite(self, x):
        return self.höhe(x)\r
\r\
    def höhe(self, x): return x  # \ud800 \x00 \u2028
"""


def _document(text: str, language_id: str = "python") -> DocumentSnapshot:
    return DocumentSnapshot.from_text(text, uri="file:///x", language_id=language_id)


def _tree(text: str, language_id: str = "python") -> SyntaxTree:
    found = SyntaxTree.parse(_document(text, language_id), language_for(language_id))
    assert found is not None
    return found


def _updated(before: SyntaxTree, text: str) -> SyntaxTree:
    found = before.updated(_document(text, before.document.language_id))
    assert found is not None
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_random_edits_leave_the_tree_that_a_fresh_parse_gives(language: str) -> None:
    edits = EDITS // len(LANGUAGES)
    tally = run_random_sessions(language, edits, SEED, most_lines=12)
    assert tally.differences == []
    assert tally.edits >= edits
    # Both ways of updating have been taken, often.
    assert 0.2 < tally.with_errors / tally.updates < 0.95


# Found by random edits: tree-sitter alone, given the tree of the first text, builds another tree
# for the second one than it does from nothing.
@pytest.mark.parametrize(
    ("language_id", "before", "after"),
    [
        ("go", 'struct{y"\ntype', 'struct{//y"\ntype'),
        ("c", "\nstatic int s", "c\nstatic int s"),
        ("java", "class e{{{{}}try(e){}", "class e{{{}}try(e){}"),
        ("java", "d\nc class o<T extends e<>>extends B{", "d\nc classo<T extends e<>>extends B{"),
        ("rust", "struct t{#[t)]pub t", "strbuct t{#[t)]pub t"),
        (
            "typescript",
            "e)(){return{:'',''.\n*:(),}",
            "{e)(){return{:'',''.\n*:(),}",
        ),
    ],
)
def test_what_was_typed_before_does_not_sway_how_an_error_is_read(
    language_id: str, before: str, after: str
) -> None:
    assert same_tree(_updated(_tree(before, language_id), after), _tree(after, language_id))
    assert same_tree(_updated(_tree(after, language_id), before), _tree(before, language_id))


_PIECES = st.lists(
    st.sampled_from(
        ["def f(", "x", "):", "\n", "\r\n", "\r", "    ", "return ", '"', '"""', "#", "é", "名",
         "😀", "\ud83d", "\x00", "\u2028", "class A:\n", "if x:\n", "\t", "(", ")", " = 1\n"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(_PIECES, _PIECES | st.text())
def test_any_two_texts_may_be_versions_of_one_file(before: str, after: str) -> None:
    assert same_tree(_updated(_tree(before), after), _tree(after))


def test_an_update_is_a_new_tree_and_the_old_one_stays_as_it_was() -> None:
    before = _tree("def one():\n    pass\n")
    after = _updated(before, "def one():\n    pass\n\ndef two():\n    pass\n")
    assert [found.name for found in before.outline().definitions] == ["one"]
    assert [found.name for found in after.outline().definitions] == ["one", "two"]
    assert before.document.text == "def one():\n    pass\n"
    assert same_tree(before, _tree("def one():\n    pass\n"))


def test_the_outline_is_that_of_the_document() -> None:
    document = _document(PYTHON)
    grown = _updated(_tree(PYTHON.replace("breite", "b")), PYTHON)
    assert grown.outline() == outline(document, language_for("python"))
    assert [found.name for found in grown.outline().definitions] == ["Größe", "breite", "höhe"]
    assert all(
        document.line_text(found.at.line).startswith(found.name, found.at.column)
        for found in grown.outline().references
    )


def test_line_ends_of_another_kind_are_another_version_of_the_same_tree() -> None:
    before = _tree("def f():\n    pass\n")
    after = _updated(before, "def f():\r    pass\r")
    assert after.document.lines == ("def f():\r", "    pass\r", "")
    assert after.outline() == before.outline()


def test_a_language_without_a_parser_has_no_tree() -> None:
    assert SyntaxTree.parse(_document("x", "plaintext"), PLAIN) is None


def test_a_document_that_changes_its_language_is_parsed_anew() -> None:
    before = _tree("let x = <T>y", "typescript")
    after = before.updated(_document("let x = <T>y</T>", "typescriptreact"))
    assert after is not None
    assert same_tree(after, _tree("let x = <T>y</T>", "typescriptreact"))


def test_a_file_that_is_too_large_has_no_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MOST_BYTES", 20)
    small = _tree("x = 1\n")
    assert small.updated(_document("x = 1\n" * 4)) is None
    assert SyntaxTree.parse(_document("x = 1\n" * 4), language_for("python")) is None


def test_parsing_that_takes_too_long_is_given_up_and_the_old_tree_still_serves() -> None:
    text = "def f(x):\n    return [x, (x, {x: x})]\n" * 2_000
    assert SyntaxTree.parse(_document(text), language_for("python"), limit_ms=0) is None
    small = _tree("x = 1\n")
    assert small.updated(_document(text), limit_ms=0) is None
    assert same_tree(_updated(small, "x = 12\n"), _tree("x = 12\n"))


def test_an_outline_that_takes_too_long_is_one_without_the_parser() -> None:
    found = _tree("def f(x):\n    return x\n").outline(limit_ms=0)
    assert not found.parsed
    assert [item.name for item in found.definitions] == ["f"]
