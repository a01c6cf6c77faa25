"""Lines and events come out the same wherever the stream is cut, and never without bounds."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.sse import Event, EventReader, LineReader


def events(data: bytes, cuts: list[int] | None = None, limit: int = 1_000) -> list[Event]:
    reader = EventReader(max_line_bytes=limit)
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts or []), len(data)]
    pieces = [data[start:end] for start, end in itertools.pairwise(bounds)]
    return [event for piece in pieces for event in reader.feed(piece)]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ("data: a\n\n", [Event("a")]),
        ("data:a\n\n", [Event("a")]),
        ("data:  a\n\n", [Event(" a")]),
        ("data: a\r\n\r\n", [Event("a")]),
        ("data: a\r\r", [Event("a")]),
        ("data: a\ndata: b\n\n", [Event("a\nb")]),
        ("data\n\n", [Event("")]),
        (": ping\n\n", []),
        (": ping\ndata: a\n\n", [Event("a")]),
        ("event: x\ndata: a\n\ndata: b\n\n", [Event("a", "x"), Event("b")]),
        ("event: x\n\ndata: b\n\n", [Event("b")]),
        ("id: 1\nretry: 5\nunknown: y\ndata: a\n\n", [Event("a")]),
        ('error: {"code": 500}\n\n', [Event('{"code": 500}', "error")]),
        ("\ufeffdata: a\n\n", [Event("a")]),
        ("data: \u2028é😀\n\n", [Event("\u2028é😀")]),
        ("data: a\n", []),
        ("data: a", []),
        ("\n\n\n", []),
    ],
)
def test_events_are_read_as_the_standard_has_them(stream: str, expected: list[Event]) -> None:
    assert events(stream.encode()) == expected


@settings(deadline=None)
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8")), max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    cuts=st.lists(st.integers(0, 10_000), max_size=12),
)
def test_cuts_change_nothing(texts: list[str], end: str, cuts: list[int]) -> None:
    sent = [json.dumps(text, ensure_ascii=False) for text in texts]
    stream = "".join(f": c{end}data: {text}{end}{end}" for text in sent).encode()
    assert [event.data for event in events(stream, cuts, limit=100_000)] == sent


@settings(deadline=None)
@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=6))
def test_any_bytes_give_events_or_a_model_error(data: bytes, cuts: list[int]) -> None:
    try:
        found = events(data, cuts, limit=64)
    except ModelError as error:
        assert error.kind in (ModelErrorKind.PROTOCOL, ModelErrorKind.TOO_LARGE)
    else:
        assert all(len(event.data) <= 64 for event in found)


@pytest.mark.parametrize(
    "data",
    [b"data: " + b"a" * 100, b"data: " + b"a" * 100 + b"\n\n", b"data: aaaa\n" * 30],
    ids=["line without end", "line", "event"],
)
@pytest.mark.parametrize("step", [1, 7, 1_000])
def test_what_passes_the_cap_is_refused(data: bytes, step: int) -> None:
    reader = EventReader(max_line_bytes=64)
    with pytest.raises(ModelError) as caught:
        for start in range(0, len(data), step):
            reader.feed(data[start : start + step])
    assert caught.value.kind is ModelErrorKind.TOO_LARGE


def test_a_line_of_exactly_the_cap_passes() -> None:
    assert LineReader(max_line_bytes=4).feed(b"abcd\n") == ["abcd"]


def test_lines_without_a_last_end_are_told_at_the_close() -> None:
    reader = LineReader()
    assert reader.feed(b'{"a":1}\r\n{"b"') == ['{"a":1}']
    assert reader.close() == '{"b"'
    assert reader.close() is None


def test_text_that_is_not_utf8_is_refused_and_not_repeated() -> None:
    with pytest.raises(ModelError) as caught:
        events(b"data: secret\xff\n\n")
    assert caught.value.kind is ModelErrorKind.PROTOCOL
    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value)
