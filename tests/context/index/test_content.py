"""Which bytes are a text worth indexing."""

import pytest

from aicopilot_lsp.context.index.content import text_of
from aicopilot_lsp.context.index.refusal import Refusal


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ""),
        (b"x = 1\r\ny = 2\r", "x = 1\r\ny = 2\r"),
        ("naïve = 'ü'\n".encode(), "naïve = 'ü'\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        ("x = 1\n".encode("utf-16"), "x = 1\n"),
        (b"\xff\xfex\x00\x00", Refusal.BINARY),  # half of UTF-16
        (b"\x7fELF\x02\x01\x00\x00", Refusal.BINARY),
        (b"x" * 8000 + b"\0", Refusal.BINARY),
        (bytes(range(1, 256)) * 10, Refusal.BINARY),
        (b"# a caf\xe9\n" + b"x = 1\n" * 100, "# a caf�\n" + "x = 1\n" * 100),
        (b"a=1;" * 1000, Refusal.MINIFIED),
        (b"x = 1\n" * 10 + b"data = '" + b"a" * 9000 + b"'\n", Refusal.MINIFIED),
        (b"a line of code\n" * 500 + b"b" * 3000, "a line of code\n" * 500 + "b" * 3000),
    ],
)
def test_text_is_told_from_what_is_none(data: bytes, expected: str | Refusal) -> None:
    assert text_of(data) == expected
