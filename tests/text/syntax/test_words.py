"""What an index and a query take for the words of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.text.syntax import words
from aicopilot_lsp.text.syntax.words import (
    MAX_NAME_CHARS,
    identifiers,
    parts,
    term_text,
    terms,
)


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("name", "name"),
        ("fetchUser", "fetch user"),
        ("FetchUser", "fetch user"),
        ("fetch_user", "fetch user"),
        ("fetch-user", "fetch user"),
        ("FETCH_USER", "fetch user"),
        ("__init__", "init"),
        ("_", ""),
        ("", ""),
        ("HTTPServer", "http server"),
        ("getHTTPServer_v2", "get http server v2"),
        ("parseURLs", "parse urls"),
        ("IDs", "ids"),
        ("OAuth2Token", "o auth2 token"),
        ("utf8Decoder", "utf8 decoder"),
        ("SHA256Sum", "sha256 sum"),
        ("Conv2D", "conv2d"),
        ("Conv2dLayer", "conv2d layer"),
        ("vec3Dot", "vec3 dot"),
        ("test_2_files", "test 2 files"),
        ("x", "x"),
        ("ÜberGröße", "über größe"),
        ("ÉCOLE_élève", "école élève"),
        ("取得User名", "取得 user 名"),
        ("СписокФайлов", "список файлов"),
        ("e\u0301lanVital", "e\u0301lan vital"),
    ],
)
def test_an_identifier_is_split_where_its_spelling_begins_a_word(
    identifier: str, expected: str
) -> None:
    assert parts(identifier) == tuple(expected.split())


@pytest.mark.parametrize("name", ["fetch_user", "fetchUser", "FetchUser", "FETCH_USER"])
def test_one_name_has_the_same_terms_in_every_spelling(name: str) -> None:
    assert terms(name) == ["fetch", "user", "fetchuser"]


def test_terms_come_in_order_and_as_often_as_they_occur() -> None:
    assert terms("user = getUser(user)  # of user_id") == (
        ["user", "get", "user", "getuser", "user", "of", "user", "id", "userid"]
    )


def test_single_letters_and_numbers_are_no_terms_but_single_ideographs_are() -> None:
    assert terms("for i in x: v_1 = 0x1F + 10px + 名") == ["for", "in", "v1", "名"]


def test_a_name_too_long_to_be_one_gives_no_terms() -> None:
    longest = "a" * MAX_NAME_CHARS
    assert terms(f"{longest} {longest}a b_{longest} ok") == [longest, "ok"]


def test_words_that_only_a_character_beyond_ascii_parts_are_parted() -> None:
    assert terms("one—two“three”…four\u00a0five") == ["one", "two", "three", "four", "five"]


def test_identifiers_are_as_written_and_without_numbers() -> None:
    found = list(identifiers("def größe_2(x1, _y): return 10px + 0xff + fetch-user"))
    assert found == ["def", "größe_2", "x1", "_y", "return", "fetch", "user"]


def test_a_lone_surrogate_parts_words_and_harms_nothing() -> None:
    assert terms("left\ud800right") == ["left", "right"]


def test_a_full_dictionary_forgets_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_KEPT_NAMES", 3)
    monkeypatch.setattr(words, "_TERMS", words._Terms())
    names = [f"name_{count}_{letter}z" for count in range(10) for letter in "abc"]
    assert term_text(" ".join(names)).split() == [t for name in names for t in terms(name)]
    assert len(words._TERMS) <= 3


# Letters of several scripts and cases, marks, digits, blanks and punctuation of one byte and more.
_TEXT = (
    st.text("aZ_09 -.\n\tßÉé\u0301İжЖ名—\u2028\u00a0\u0085\ud800\U0001d4b3", max_size=40)
    | st.text()
)


@given(_TEXT)
def test_the_terms_of_a_text_are_those_of_its_identifiers(text: str) -> None:
    assert terms(text) == [term for name in identifiers(text) for term in terms(name)]


@given(_TEXT)
def test_every_term_is_made_of_letters_and_digits_only(text: str) -> None:
    for term in terms(text):
        assert len(term) > 1 or not term.isascii()
        assert not {" ", "_", "-", ".", "\n"} & set(term)


@given(st.lists(st.sampled_from(["get", "user", "http", "über", "список"]), min_size=2))
def test_the_parts_of_a_name_joined_in_any_style_are_found_again(names: list[str]) -> None:
    expected = tuple(names)
    assert parts("_".join(names)) == expected
    assert parts("_".join(names).upper()) == expected
    assert parts("".join(name.title() for name in names)) == expected
