"""Where a line ends, and where it does not though Python says so."""

import sys

import pytest

from aicopilot_lsp.text.lines import content, content_length, split_lines

CASES = (
    ("", [""]),
    ("a", ["a"]),
    ("\n", ["\n", ""]),
    ("\r", ["\r", ""]),
    ("\r\n", ["\r\n", ""]),
    ("\n\r", ["\n", "\r", ""]),
    ("\r\r\n\n", ["\r", "\r\n", "\n", ""]),
    ("a\nb", ["a\n", "b"]),
    ("a\r\nb\rc\n", ["a\r\n", "b\r", "c\n", ""]),
    ("a\fb\n\fc", ["a\fb\n", "\fc"]),
    ("a\f\r\nb\x85", ["a\f\r\n", "b\x85"]),
    ("\ud83d\n\ude00", ["\ud83d\n", "\ude00"]),
)


@pytest.mark.parametrize(("text", "lines"), CASES)
def test_only_lf_crlf_and_cr_end_a_line(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


@pytest.mark.parametrize("code", range(0x20), ids=hex)
def test_of_the_control_characters_only_lf_and_cr_end_a_line(code: int) -> None:
    expected = 2 if chr(code) in "\n\r" else 1
    assert len(split_lines(f"a{chr(code)}b")) == expected


def test_no_other_character_of_unicode_ends_a_line() -> None:
    # One text that holds every code point once: also proves that the list of characters at which
    # str.splitlines breaks and LSP does not is complete for this Python.
    codes = (code for code in range(sys.maxunicode + 1) if chr(code) not in "\n\r")
    assert len(split_lines("".join(map(chr, codes)))) == 1
    breaks = [
        chr(code) for code in range(sys.maxunicode + 1) if len(f"a{chr(code)}b".splitlines()) > 1
    ]
    assert [len(split_lines(f"a{char}b")) for char in breaks if char not in "\n\r"] == [1] * 8


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("", ""),
        ("a", "a"),
        ("a\n", "a"),
        ("a\r\n", "a"),
        ("a\r", "a"),
        ("\r\n", ""),
        ("a\f", "a\f"),
    ],
)
def test_content_is_the_line_without_its_terminator(line: str, text: str) -> None:
    assert content(line) == text
    assert content_length(line) == len(text)
