"""Framing: what is forgiven, what is bounded, and how the stream is found again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.lsp.framing import Fault, Frame, FrameDecoder, encode_frame

BODY = b'{"jsonrpc":"2.0"}'
GOOD = encode_frame(b'{"id":1}')


def read(data: bytes, **limits: int) -> list[Frame | Fault]:
    decoder = FrameDecoder(**limits)
    decoder.feed(data)
    return list(iter(decoder.next, None))


def bodies(data: bytes) -> list[bytes]:
    return [found.body for found in read(data) if isinstance(found, Frame)]


def headed(*lines: bytes, body: bytes = BODY, end: bytes = b"\r\n") -> bytes:
    return end.join([*lines, b"", b""]) + body


LENGTH = b"Content-Length: 17"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(headed(LENGTH), id="as the specification has it"),
        pytest.param(headed(b"content-length: 17"), id="lower case"),
        pytest.param(headed(b"CONTENT-LENGTH:17"), id="upper case, no space"),
        pytest.param(headed(b"Content-Length:\t 17 \t"), id="white space around the number"),
        pytest.param(headed(b"Content-Length: 0017"), id="leading zeros"),
        pytest.param(headed(b"Content-Type: a; charset=utf-8", LENGTH), id="type first"),
        pytest.param(headed(LENGTH, b'Content-Type: a; charset="UTF8"'), id="type last, old name"),
        pytest.param(headed(LENGTH, b"Content-Type: a"), id="type without charset"),
        pytest.param(headed(b"X-Other: 1", LENGTH, b"Y: 2"), id="unknown headers"),
        pytest.param(headed(LENGTH, LENGTH), id="the same length twice"),
        pytest.param(headed(LENGTH, end=b"\n"), id="bare newlines"),
        pytest.param(b"\r\n" + headed(LENGTH), id="a blank line before"),
        pytest.param(b"hello\n" + headed(LENGTH), id="a line printed by mistake before"),
    ],
)
def test_harmless_variants_of_headers_are_read(data: bytes) -> None:
    assert read(data) == [Frame(BODY)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (headed(b"Content-Type: a"), "without a Content-Length"),
        (headed(b"Content-Length 17"), "without a Content-Length"),
        (headed(b"Content-Length\0: 17"), "without a Content-Length"),
        (headed(b"Content-Length: "), "no number"),
        (headed(b"Content-Length: -17"), "no number"),
        (headed(b"Content-Length: +17"), "no number"),
        (headed(b"Content-Length: 0x11"), "no number"),
        (headed(b"Content-Length: 17\0"), "no number"),
        (headed(b"Content-Length: 1 7"), "no number"),
        (headed(b"Content-Length: " + b"9" * 30), "no number"),
        (headed(b"Content-Length: 99999999999"), "over the limit"),
        (headed(LENGTH, b"content-length: 18\0"), "two Content-Lengths"),
        (headed(LENGTH, b"Content-Type: a; charset=utf-16"), "charset"),
        (BODY, "without a Content-Length"),
        (b"\0\0\r\n\r\n", "without a Content-Length"),
        (b"z" * 9000, "no end of headers"),
        (encode_frame(BODY)[3:], "without a Content-Length"),
    ],
)
def test_after_a_fault_the_next_frame_is_found(data: bytes, reason: str) -> None:
    first, *rest = read(data + GOOD)
    assert isinstance(first, Fault)
    assert reason in first.reason
    assert rest[-1] == Frame(b'{"id":1}')


def test_a_fault_names_nothing_that_was_sent() -> None:
    found = read(headed(b"Content-Length: canary", b"canary: canary") + b"canary" * 2000)
    assert "canary" not in str(found)


@pytest.mark.parametrize("said", [1, 5, 16, 18, 30, 42])
def test_a_wrong_length_costs_one_message_and_no_more(said: int) -> None:
    """The length lies; whoever finds that the body is no JSON gives it back."""
    decoder = FrameDecoder()
    decoder.feed(headed(b"Content-Length: %d" % said) + GOOD + GOOD)
    good = 0
    while (found := decoder.next()) is not None:
        if isinstance(found, Frame):
            try:
                good += json.loads(found.body) == {"id": 1}
            except ValueError:
                decoder.recover(found.body)
    assert good == 2


def test_an_announced_giant_reserves_no_memory_and_is_skipped() -> None:
    decoder = FrameDecoder(max_body_bytes=1000)
    decoder.feed(b"Content-Length: 5000\r\n\r\n")
    assert isinstance(decoder.next(), Fault)
    for _ in range(5):
        decoder.feed(b"x" * 1000)
        assert decoder.next() is None
        assert len(decoder._buffer) < 100
    decoder.feed(GOOD)
    assert decoder.next() == Frame(b'{"id":1}')


def test_a_body_of_exactly_the_limit_is_read() -> None:
    assert read(encode_frame(b"x" * 100), max_body_bytes=100) == [Frame(b"x" * 100)]
    assert isinstance(read(encode_frame(b"x" * 101), max_body_bytes=100)[0], Fault)


def test_an_empty_body_is_a_frame() -> None:
    assert read(encode_frame(b"") + GOOD) == [Frame(b""), Frame(b'{"id":1}')]


STREAM = headed(b"content-type: a", LENGTH) + b"noise\r\n\r\n" + GOOD + encode_frame("é😀".encode())


@pytest.mark.parametrize("at", range(len(STREAM) + 1))
def test_it_makes_no_difference_where_the_stream_is_split(at: int) -> None:
    decoder = FrameDecoder()
    found = []
    for part in (STREAM[:at], STREAM[at:]):
        decoder.feed(part)
        found += [each.body for each in iter(decoder.next, None) if isinstance(each, Frame)]
    assert found == bodies(STREAM)
    assert not decoder.in_frame


def test_byte_by_byte_is_the_same_stream() -> None:
    decoder = FrameDecoder()
    found = []
    for byte in STREAM:
        decoder.feed(bytes([byte]))
        found += [each.body for each in iter(decoder.next, None) if isinstance(each, Frame)]
    assert found == bodies(STREAM)


@pytest.mark.parametrize("data", [b"Content-Le", b"Content-Length: 5\r\n\r\n", GOOD[:-1]])
def test_a_stream_that_breaks_off_says_so(data: bytes) -> None:
    decoder = FrameDecoder()
    decoder.feed(data)
    assert decoder.next() is None
    assert decoder.in_frame


@given(st.lists(st.binary(max_size=60)), st.binary(max_size=200))
def test_any_noise_is_survived_and_a_frame_after_it_is_found(
    noise: list[bytes], more: bytes
) -> None:
    decoder = FrameDecoder()
    for part in (*noise, more, b"\r\n\r\n", GOOD, GOOD):
        decoder.feed(part)
        frames = [each for each in iter(decoder.next, None) if isinstance(each, Frame)]
    assert Frame(b'{"id":1}') in frames


@given(st.lists(st.binary(max_size=50).filter(lambda body: b"\n" not in body)))
def test_what_is_encoded_is_what_is_read(sent: list[bytes]) -> None:
    assert bodies(b"".join(map(encode_frame, sent))) == sent


def test_a_stream_of_lies_is_read_again_a_few_times_at_most() -> None:
    decoder = FrameDecoder()
    reread = 0
    header = b"Content-Length: 200000\r\n\r\n"
    stream = header * (600_000 // len(header))
    for start in range(0, len(stream), 65_536):
        decoder.feed(stream[start : start + 65_536])
        while (found := decoder.next()) is not None:
            if isinstance(found, Frame):
                reread += len(found.body)
                decoder.recover(found.body)
    assert reread < 8 * len(stream)
    decoder.feed(b"x" * 200_000 + encode_frame(b"{}"))
    assert list(iter(decoder.next, None))[-1] == Frame(b"{}")
