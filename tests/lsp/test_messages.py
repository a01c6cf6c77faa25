"""Envelopes: what a body is, and what is not one."""

import json
from typing import Any

import pytest

from aicopilot_lsp.lsp.messages import (
    Batch,
    Invalid,
    Notification,
    ParseError,
    Request,
    Response,
    decode,
    encode,
)


@pytest.mark.parametrize("message_id", ["", "a", "\ud800", 0, -1, 2**70, 1.5, None])
def test_any_string_number_or_null_is_an_id(message_id: Any) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": message_id, "method": "m", "params": [1]})
    assert decode(body.encode()) == Request(message_id, "m", [1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"jsonrpc":"2.0","method":"m"}', Notification("m")),
        ('{"jsonrpc":"2.0","id":1,"result":null}', Response(1)),
        ('{"jsonrpc":"2.0","id":1,"error":{"code":-5}}', Response(1, None, -5)),
        ('{"jsonrpc":"2.0","id":1,"error":"odd"}', Response(1, None, 0)),
        ('{"jsonrpc":"2.0","id":1,"method":"m","result":2}', Request(1, "m")),
        ('{"id":1,"id":2,"method":"m","jsonrpc":"2.0"}', Request(2, "m")),
        ('{"jsonrpc":"2.0","id":1,"method":"m","params":{"jsonrpc":"1"}}',
         Request(1, "m", {"jsonrpc": "1"})),
        ("[]", Invalid(None, "an empty batch")),
        ("1", Invalid(None, "not an object")),
        ('{"id":7}', Invalid(7, "jsonrpc is not 2.0")),
        ('{"jsonrpc":2.0,"id":7,"method":"m"}', Invalid(7, "jsonrpc is not 2.0")),
        ('{"jsonrpc":"2.0","id":7}', Invalid(7, "no method")),
        ('{"jsonrpc":"2.0","id":7,"method":5}', Invalid(7, "the method is not a string")),
    ],
)  # fmt: skip
def test_an_envelope_is_told_from_its_members(text: str, message: object) -> None:
    assert decode(text.encode()) == message


@pytest.mark.parametrize("message_id", ["true", "{}", "[1]"])
def test_an_id_of_another_type_is_answered_under_null(message_id: str) -> None:
    found = decode(b'{"jsonrpc":"2.0","id":%b,"method":"m"}' % message_id.encode())
    assert isinstance(found, Invalid)
    assert found.id is None


def test_each_member_of_a_batch_is_told_by_itself() -> None:
    found = decode(b'[{"jsonrpc":"2.0","method":"m"},5,[]]')
    assert isinstance(found, Batch)
    assert [type(item) for item in found.items] == [Notification, Invalid, Invalid]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nul", b"1 2", b"\xff", b'{"a":"\xed\xa0\x80"}', b"\xef\xbb\xbf{}",
        '{"id":1}'.encode("utf-16"), b'{"id":NaN}', b"[-Infinity]", b'{"id":1e999}',
        b"[" * 200_000, b'{"a":' * 200_000, b"9" * 10_000, b'"\n"',
    ],
)  # fmt: skip
def test_what_is_no_json_in_utf8_is_a_parse_error(body: bytes) -> None:
    with pytest.raises(ParseError):
        decode(body)


def test_lone_surrogates_and_nul_survive_there_and_back() -> None:
    text = "a\ud83d\0\u2028é😀"
    found = decode(encode({"jsonrpc": "2.0", "method": "m", "params": text}))
    assert found == Notification("m", text)


def test_a_message_does_not_print_its_params() -> None:
    for text in ('{"jsonrpc":"2.0","method":"m","params":"canary"}',
                 '{"jsonrpc":"2.0","id":1,"method":"m","params":"canary"}',
                 '{"jsonrpc":"2.0","id":1,"result":"canary"}'):  # fmt: skip
        assert "canary" not in repr(decode(text.encode()))
