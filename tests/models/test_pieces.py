"""The text of each token, from tokens' names and from their offsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.models.pieces import from_names, from_offsets


@pytest.mark.parametrize(
    ("names", "text", "pieces"),
    [
        # GPT-2's alphabet, as in Qwen, StarCoder, DeepSeek and Llama 3
        (["def", "Ġf", "(x", "):Ċ", "ĉ", "return"], "def f(x):\n\treturn", None),
        (["Ã©", "ðŁĺ", "Ģ", "x"], "é😀x", ("é", "😀", "x")),
        (["<|fim_prefix|>"], "<|fim_prefix|>", ("<|fim_prefix|>",)),
        (["čĊ", "Å", "Ĥ"], "\r\nł", ("\r\n", "ł")),
        # SentencePiece, as in CodeLlama, CodeGemma and Codestral
        (["▁def", "▁f", "<0x0A>", "▁▁x"], "def f\n  x", ("def", " f", "\n", "  x")),
        (["def", "▁f", "<0x0A>"], "def f\n", ("def", " f", "\n")),
        (["<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "a"], "😀a", ("😀", "a")),
        (["▁", "x"], "x", ("x",)),
        # as they are
        (["def", " f", "\n"], "def f\n", ("def", " f", "\n")),
        (["函数"], "函数", ("函数",)),
    ],
)
def test_names_are_read_as_the_vocabulary_writes_them(
    names: list[str], text: str, pieces: tuple[str, ...] | None
) -> None:
    found = from_names(names, text)
    assert found is not None
    assert "".join(found) == text
    assert pieces is None or found == pieces


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "b"), ([], "b"), (["x", "y"], "xyz"), (["�"], "é"), (["Ġ"], "x")]
)
def test_names_that_do_not_make_up_the_text_say_nothing(names: list[str], text: str) -> None:
    assert from_names(names, text) is None


@pytest.mark.parametrize(
    ("spans", "text", "pieces"),
    [
        ([(0, 3), (3, 5)], "def f", ("def", " f")),
        ([(0, 0), (0, 3), (3, 5), (5, 5)], "def f", ("def", " f")),  # begin and end tokens
        ([(0, 1), (1, 2)], "é😀", ("é", "😀")),  # characters
        ([(0, 2), (2, 6)], "é😀", ("é", "😀")),  # bytes
        ([(0, 1), (0, 1), (1, 2)], "😀a", ("😀", "a")),  # one character in two tokens
        ([(0, 4), (0, 4), (4, 5)], "😀a", ("😀", "a")),
        ([(0, 2), (2, 4), (4, 5)], "😀a", ("😀", "a")),
    ],
)
def test_offsets_cut_the_text(
    spans: list[tuple[int, int]], text: str, pieces: tuple[str, ...]
) -> None:
    assert from_offsets(spans, text) == pieces


@pytest.mark.parametrize(
    ("spans", "text"),
    [([(0, 1), (2, 3)], "abc"), ([(1, 3)], "abc"), ([(0, 2)], "abc"), ([(0, 9)], "abc"), ([], "a")],
)
def test_offsets_with_gaps_say_nothing(spans: list[tuple[int, int]], text: str) -> None:
    assert from_offsets(spans, text) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))), st.text(max_size=9))
def test_whatever_a_server_says_the_pieces_are_the_text_or_nothing(
    spans: list[tuple[int, int]], text: str
) -> None:
    found = from_offsets(spans, text)
    assert found is None or "".join(found) == text


@given(st.lists(st.text()), st.text())
def test_whatever_names_there_are_the_pieces_are_the_text_or_nothing(
    names: list[str], text: str
) -> None:
    found = from_names(names, text)
    assert found is None or "".join(found) == text
