"""What goes in at the cursor, out of answers as chat models give them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicopilot_lsp.models.chat.clean import Cleaner
from aicopilot_lsp.models.protocol import Hole

_ADD = ("def add(a, b):\n    return ", "\n\n\nprint(add(1, 2))\n")
_BODY = ("class A:\n    def add(self, a, b):\n        ", "\n\n    def sub(self):\n        pass\n")

# Name, text before and behind the cursor, answer, insertion.
CASES = [
    ("the text alone", _ADD, "```python\na + b\n```", "a + b"),
    ("with the cursor's line again", _ADD, "```python\n    return a + b\n```", "a + b"),
    ("its indentation lost", _ADD, "```python\nreturn a + b\n```", "a + b"),
    ("with the lines above again", _ADD, "```\ndef add(a, b):\n    return a + b\n```", "a + b"),
    ("with the text behind again", _ADD, "```\na + b\n\n\nprint(add(1, 2))\n```", "a + b"),
    ("a blank too many", _ADD, "```\n  a + b\n```", "a + b"),
    ("nothing but the line again", _ADD, "```python\n    return \n```", ""),
    ("lines above, cut off", _ADD, "```\ndef add(a, b):\n    ret", ""),
    ("a name of the line", ("result = ", "\n"), "result", "result"),
    ("prose", _ADD, "The function is complete as it is.", ""),
    ("a refusal", _ADD, "I'm sorry, but I can't help with that.", ""),
    ("talk around a fence", _ADD, "Sure! Here is it:\n```\na + b\n```\nIt adds.", "a + b"),
    ("reasoning first", _ADD, "<think>return what?</think>```\na + b\n```", "a + b"),
    ("Windows line ends", _BODY, "```\r\nx = a\r\nreturn x\r\n```", "x = a\n        return x"),
    (
        "as in the file",
        _BODY,
        "```\n        x = a\n        return x\n```",
        "x = a\n        return x",
    ),
    ("only the first line moved", _BODY, "x = a\n        return x", "x = a\n        return x"),
    (
        "at the left margin",
        _BODY,
        "```\nif a:\n    b()\nc()\n```",
        "if a:\n            b()\n        c()",
    ),
    ("moved halfway", _BODY, "```\n    if a:\n        b()\n```", "if a:\n            b()"),
    ("leaves the scope", _BODY, "```\nreturn a\n\ndef f():\n```", "return a\n\ndef f():"),
    ("leaves the class", _BODY, "        return a\n\nx = 1\n", "return a\n\nx = 1"),
    (
        "the method again, at the left margin",
        _BODY,
        "```\ndef add(self, a, b):\n    x = a\n    return x\n```",
        "x = a\n        return x",
    ),
    ("runs into the next method", _BODY, "return a\n\n    def sub(self):\n        x", "return a"),
    ("another line in its place", ("    name = ", "\n"), "```\n    rank = 1\n    x\n```", ""),
    ("a word to complete", ("    pri", "\n"), "```\nprint(x)\n```", "nt(x)"),
    ("its rest", ("    pri", "\n"), "```\nnt(x)\n```", "nt(x)"),
    ("the last name again", ("x = self.", "\n"), "self.width", "width"),
    ("the call again", ("y = compute(", ")\n"), "compute(a, b)", "a, b)"),
    ("a bracket is no echo", ("f(", ")\n"), "(1, 2)", "(1, 2)"),
    ("numbers are no echo", ("x = [0, 0, ", "]\n"), "0, 0, 1", "0, 0, 1"),
    ("the line's rest again", ("f(", ", timeout=3)\n"), "url, timeout=3)\n", "url"),
    (
        "the line's rest is part",
        ("f(", ", timeout=3)\n"),
        "g(x, timeout=3), 1",
        "g(x, timeout=3), 1",
    ),
    ("a swallowed line break", ("def f():", "\n"), "```\n    return 1\n```", "\n    return 1"),
    ("its own line break", ("def f():", "\n"), "```\n\n    return 1\n```", "\n    return 1"),
    (
        "a block at the left margin",
        ("    def f():", "\n"),
        "```\n    if a:\n        b()\n```",
        "\n        if a:\n            b()",
    ),
    ("a comment behind code", ("x = 1", "\n"), "```\n  # why\n```", "  # why"),
    ("a comment again", ("    # Adds ", "\n"), "# Adds two numbers.", "two numbers."),
    ("a comment's rest in words", ("    # Adds ", "\n"), "two numbers.", "two numbers."),
    ("a closing line twice is no echo", ("    }\n", "\n"), "```\n}\n```", "}"),
    ("deeper than the cursor", ("def f():\n", "\n"), "```\n    return 1\n```", "    return 1"),
    ("tabs", ("if a:\n\t", "\n"), "```\nb()\n\tc()\n```", "b()\n\tc()"),
    ("blank line first", _BODY, "```\n\n        return a\n```", "return a"),
    ("nothing", _ADD, "", ""),
    ("an empty fence", _ADD, "```python\n```", ""),
]


def _cleaned(around: tuple[str, str], pieces: list[str]) -> str:
    cleaner = Cleaner(Hole(prefix=around[0], suffix=around[1], language_id="python"))
    return "".join([*map(cleaner.feed, pieces), cleaner.close()])


@pytest.mark.parametrize(
    ("around", "answer", "text"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_only_what_is_new_goes_in(around: tuple[str, str], answer: str, text: str) -> None:
    assert _cleaned(around, [answer]) == text


_WORDS = ["```", "python\n", "\n", "\n\n", "    ", "\t", " ", "return ", "a + b", "def add(a, b):"]
_WORDS += ["print(add(1, 2))", "x", "Sure!", "`", "\r\n", "<think>"]


@settings(deadline=None)
@given(
    st.sampled_from(CASES).map(lambda case: case[1]),
    st.lists(st.sampled_from(_WORDS), max_size=14).map("".join)
    | st.sampled_from(CASES).map(lambda case: case[2]),
    st.lists(st.integers(1, 9), min_size=1),
)
def test_pieces_of_any_size_give_the_same_insertion(
    around: tuple[str, str], answer: str, sizes: list[int]
) -> None:
    pieces: list[str] = []
    at = 0
    while at < len(answer):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(answer[at : at + size])
        at += size
    assert _cleaned(around, pieces) == _cleaned(around, [answer])


@settings(deadline=None)
@given(st.sampled_from(CASES), st.integers(0, 80))
def test_what_is_given_out_early_stays_true(
    case: tuple[str, tuple[str, str], str, str], size: int
) -> None:
    _, around, answer, text = case
    cleaner = Cleaner(Hole(prefix=around[0], suffix=around[1], language_id="python"))
    assert text.startswith(cleaner.feed(answer[:size]))


def test_text_comes_as_soon_as_it_can_be_no_echo() -> None:
    cleaner = Cleaner(Hole(prefix=_ADD[0], suffix=_ADD[1], language_id="python"))
    assert cleaner.feed("```python\n    retu") == ""
    assert cleaner.feed("rn a") == "a"
    assert cleaner.feed(" + b\n") == " + b"
    assert not cleaner.done
    assert cleaner.feed("```") == ""
    assert cleaner.done


@pytest.mark.parametrize(
    ("near", "answer", "text"),
    [
        ("}\n    return ", "```\n}\n    return a + b\n```", "a + b"),
        ("x = 1\ny = self.", "```\nx = 1\ny = self.width\n```", "width"),
        ("if a:\n    ", "```\nif a:\n    b()\n    c()\n```", "b()\n    c()"),
        ("if a:\n    ", "```\nif a:\n```", ""),
        ("if a:\n    ", "```\nb()\n```", ""),
    ],
)
def test_an_answer_that_was_begun_goes_on_from_there(near: str, answer: str, text: str) -> None:
    for pieces in ([answer], list(answer)):
        cleaner = Cleaner(Hole(prefix=f"a = 1\n{near}", suffix="\n"), near=near)
        assert "".join([*map(cleaner.feed, pieces), cleaner.close()]) == text
