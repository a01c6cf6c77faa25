"""The regular expression that makes an answer begin with a text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.models.begins_with_regex import begins_with
from tests.models.test_llamacpp_real import NASTY

_META = r"\.^$*+?()[]{}|"


@pytest.mark.parametrize("text", [*NASTY, _META, "re.", "a{2}", "^$"])
def test_matches_the_text_with_anything_behind_it_and_nothing_else(text: str) -> None:
    found = begins_with(text)
    assert found is not None
    pattern = re.compile(found)
    for rest in ("", "x", "\n\r\u2028 😀\n"):
        assert pattern.fullmatch(text + rest)
    assert not pattern.fullmatch(text[:-1])
    assert not pattern.fullmatch("x" + text)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_holds_for_any_text(text: str) -> None:
    found = begins_with(text)
    assert found is not None
    assert re.fullmatch(found, text)
    assert not re.fullmatch(found, text[:-1])


def test_only_metacharacters_are_escaped_since_engines_differ_on_the_rest() -> None:
    assert begins_with('"a-b#~&@ é\n' + _META) == (
        '"a-b#~&@ é\n' + "".join(f"\\{char}" for char in _META) + r"[\s\S]*"
    )


@pytest.mark.parametrize("text", ["", "a\0b", "\ud800", "x\udfff"])
def test_there_is_none_for_what_no_server_can_write(text: str) -> None:
    assert begins_with(text) is None
