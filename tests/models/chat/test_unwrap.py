"""The inserted text out of an answer's wrapping."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicopilot_lsp.models.chat.talk import is_talk, opens_as_assistants_do
from aicopilot_lsp.models.chat.unwrap import Unwrap

ANSWERS = [
    ("```python\na + b\n```", "a + b"),
    ("```\na + b\n```\nThis adds the numbers.", "a + b"),
    ("```\na + b```\n", "a + b"),
    ("```a + b```", "a + b"),
    ("~~~js\nlet a = `b`;\n~~~", "let a = `b`;"),
    ("```python\nx = 1\n", "x = 1"),
    ("```python\nx = 1\n``", "x = 1"),
    ("````md\n```\nx\n```\n````", "```\nx\n```"),
    ("```python", ""),
    ("```python\n```", ""),
    ("```md\na\n```\n\n```md\nb\n```", "a"),
    ("    ```python\n    a\n    b\n    ```", "    a\n    b"),
    ("Here is the code:\n\n```py\n    a\n      b\n\n```\nThis", "    a\n      b"),
    ("Here is the code:\nfoo(a)\nbar", "foo(a)\nbar"),
    ("Sure! The missing text is `a + b`.", ""),
    ("I'm sorry, I can't do that.", ""),
    ("a + b", "a + b"),
    ("a + b\n", "a + b"),
    ("a + b\n```", "a + b"),
    ("a\n\nb\n\nThis function returns the sum.", "a\n\nb"),
    ("a\n\nb\n\nThe mark is replaced.\n\nc", "a\n\nb"),
    ("\n    return x", "\n    return x"),
    ("<think>\nWhat is ```this```?\n</think>\n\n```\nx\n```", "x"),
    ("<think>\nnever ends", ""),
    ("It looks like a sum.\n</think>\nx", "x"),
    ("x <= y", "x <= y"),
    ("x <", "x <"),
    ("x\r\ny\rz\r\n", "x\ny\nz"),
    ("", ""),
    (" \n ", ""),
]


def _unwrapped(pieces: list[str]) -> str:
    unwrap = Unwrap(is_talk)
    return "".join([*map(unwrap.feed, pieces), unwrap.close()])


@pytest.mark.parametrize(("answer", "text"), ANSWERS)
def test_only_the_text_to_insert_is_left(answer: str, text: str) -> None:
    assert _unwrapped([answer]) == text


@settings(deadline=None)
@given(st.lists(st.sampled_from([*"`~<>/ \n\rax", "```", "<think>", "</think>", "Sure, "])))
def test_pieces_of_any_size_give_the_same_text(pieces: list[str]) -> None:
    assert _unwrapped(pieces) == _unwrapped(["".join(pieces)])


def test_text_in_a_fence_is_given_out_as_it_comes() -> None:
    unwrap = Unwrap(is_talk)
    assert unwrap.feed("```python\nretu") == "retu"
    assert unwrap.feed("rn a\n") == "rn a"
    assert unwrap.feed("b") == "\nb"
    assert unwrap.feed("\n```") == ""
    assert unwrap.done


@pytest.mark.parametrize(
    "line", ["sure = 1", "let me = 1", "SELECT a FROM b WHERE c;", "this.a = b", "The(a, b);"]
)
def test_code_is_not_taken_for_talk(line: str) -> None:
    assert not is_talk(line)


def test_where_prose_is_wanted_only_an_assistants_own_phrases_are_talk() -> None:
    assert opens_as_assistants_do("Here is the text:")
    assert not opens_as_assistants_do("This function adds two numbers.")
