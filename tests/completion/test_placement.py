"""Suggestions beside closers that the editor put behind the cursor."""

import pytest

from aicopilot_lsp.completion.placement import place, unmatched_closers


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
        ("x;", ";", "x;", 0),
    ],
)
def test_a_closer_is_never_there_twice(text: str, tail: str, placed: str, replaces: int) -> None:
    result = place(text, tail)
    assert (result.text, result.replaces) == (placed, replaces)


def test_unmatched_closers_are_those_opened_outside() -> None:
    assert unmatched_closers("a(b)]c)") == "])"
