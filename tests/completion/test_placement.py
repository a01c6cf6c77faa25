"""Suggestions beside closers that the editor put behind the cursor."""

import pytest

from aicopilot_lsp.completion.placement import place


@pytest.mark.parametrize(
    ("text", "tail", "placed", "replaces"),
    [
        ("a, b", ")", "a, b", 0),  # the closer stays the editor's
        ("a, b)", ")", "a, b", 0),  # repeated: cut
        ("a, b):", ")", "a, b):", 1),  # goes on behind it: overwritten
        ("f(x)", ")", "f(x)", 0),  # its own closer
        ("f(x))", ")", "f(x)", 0),
        ("f(x)).y", ")", "f(x)).y", 1),
        ("a])", "])", "a", 0),
        ("a]) + 1", "])", "a]) + 1", 2),
        ('hello"', '"', "hello", 0),
        ('hello")', '")', "hello", 0),
        ('hello", x)', '")', 'hello", x)', 2),
        ('x["k"]', "]", 'x["k"]', 0),
        ("a, b)", "", "a, b)", 0),
        ("a, b)", " # note", "a, b)", 0),
        ("z;", ";", "z", 0),
        ("z", ";", "z", 0),
        ("a);", ");", "a", 0),
        ("a).b;", ");", "a).b", 1),
        ("x)", "))", "x", 0),  # the outer one stays
        ("x).y)", "))", "x).y)", 2),
        ("a)", ");", "a", 0),
        ("x + 1}", '}")', "x + 1", 0),
        ('"hello :)"', ")", '"hello :)"', 0),  # in a string
        ('a \\" b', '"', 'a \\" b', 0),  # escaped
        ("a) + bar", ") + bar", "a", 0),  # runs into the rest of the line
        ("me)", "me)", "", 0),
        ("a + b", " + c", "a + b", 0),
        ("x > 0)", ") {", "x > 0", 0),
        ("f(x)", ") {", "f(x)", 0),
    ],
)
def test_a_closer_is_never_there_twice(text: str, tail: str, placed: str, replaces: int) -> None:
    result = place(text, tail)
    assert (result.text, result.replaces) == (placed, replaces)
