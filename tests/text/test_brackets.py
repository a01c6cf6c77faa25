"""What a text opens, what it closes of the text before it, and what is only in a string."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.text.brackets import scan


@pytest.mark.parametrize(
    ("text", "opened", "closers"),
    [
        ("f(x)", "", ""),
        ("f([", "([", ""),
        ("a)b]", "", ")]"),
        ("f(x))", "", ")"),
        ("f('(')", "", ""),
        ('f("\\"(")', "", ""),
        ("it's (", "(", ""),
        ("'a, 'b)", "", ")"),
        ("x = `(\n(` + (", "(", ""),
        ('"""(\n""" (', "(", ""),
        ("(]", "(", "]"),
        ("/\\(/.test(", "(", ""),
        ("\\", "", ""),
    ],
)
def test_brackets_outside_strings_are_paired(text: str, opened: str, closers: str) -> None:
    found = scan(text)
    assert found.opened == opened
    assert "".join(char for _, char in found.closers) == closers
    assert all(text[at] == char for at, char in found.closers)


def test_a_text_may_begin_in_a_string() -> None:
    assert scan('hello")', within_quote='"').closers == ((5, '"'), (6, ")"))
    assert scan('a \\" b', within_quote='"').in_string


@pytest.mark.parametrize(
    ("text", "inside"), [('x = """a', True), ("x = `a\nb", True), ("x = 'a", False)]
)
def test_only_strings_of_several_lines_stay_open(text: str, inside: bool) -> None:
    assert scan(text).in_string is inside


@pytest.mark.parametrize("text", ['"' + '\\"' * 100_000 + "(", '\\"' * 100_000 + "("])
def test_quotes_in_a_string_that_is_not_closed_open_none(text: str) -> None:
    # Were each of them tried, this would take half an hour.
    assert scan(text).opened == "("


@given(st.text(alphabet="()[]{}'\"`\\\na", max_size=60))
def test_no_text_stops_the_scanner(text: str) -> None:
    found = scan(text)
    assert len(found.opened) + len(found.closers) <= len(text)
