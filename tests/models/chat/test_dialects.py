"""What is sent to each chat interface, and what its events say; no server."""

import json
from typing import Any

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.api import Dialect, Piece
from aicopilot_lsp.models.chat.ollama import OllamaChat
from aicopilot_lsp.models.chat.openai import OpenAiChat
from aicopilot_lsp.models.protocol import FinishReason, GenerateRequest, Hole, Usage
from aicopilot_lsp.models.sse import Event

_HOLE = Hole(
    prefix="def add(a, b):\n    return ", suffix="\n", file_name="add.py", language_id="python"
)
_REQUEST = GenerateRequest(max_tokens=64, deadline_s=1.0, hole=_HOLE, stop=("\n\n",))


def _read(dialect: Dialect, events: list[Any]) -> list[Piece]:
    reader = dialect.reader(_REQUEST)
    said = (reader.read(Event(json.dumps(event)), "http://h") for event in events)
    return [piece for piece in said if piece is not None]


def _openai(text: str | None = None, finish: str | None = None, **delta: str) -> dict[str, Any]:
    content = {} if text is None else {"content": text}
    return {"choices": [{"index": 0, "delta": content | delta, "finish_reason": finish}]}


@pytest.mark.parametrize("dialect", [OpenAiChat("m"), OllamaChat("m")])
def test_the_text_before_the_cursor_comes_last_and_no_stop_string_is_sent(dialect: Dialect) -> None:
    body = dialect.call(_REQUEST, ()).body
    system, user = body["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert user["content"].endswith("lines:\ndef add(a, b):\n    return ")
    assert dialect.max_stops == 0
    assert "stop" not in json.dumps(body)


def test_openai_text_comes_unwrapped_with_its_cost_at_the_end() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 5}
    cached = usage | {"prompt_tokens_details": {"cached_tokens": 4}}
    events = [
        _openai("", role="assistant"),
        _openai("```python\na +"),
        _openai(" b\n"),
        _openai("```"),
        _openai(finish="stop"),
        {"choices": [], "usage": cached},
    ]
    assert _read(OpenAiChat("m"), events) == [
        Piece(text="a +"),
        Piece(text=" b"),
        Piece(finish=FinishReason.END),
        Piece(
            usage=Usage(prompt_tokens=9, cached_tokens=4, evaluated_tokens=5, generated_tokens=5)
        ),
    ]


def test_openai_answers_that_are_only_reasoning_or_withheld_are_failures() -> None:
    for events in (
        [_openai(reasoning_content="hm"), _openai(finish="length")],
        [_openai("<think> hm"), _openai(finish="length")],
        [_openai(finish="content_filter")],
    ):
        with pytest.raises(ModelError) as caught:
            _read(OpenAiChat("m"), events)
        assert caught.value.kind is ModelErrorKind.REJECTED


def test_ollama_asks_for_no_reasoning_and_for_room() -> None:
    call = OllamaChat("m", context_tokens=2048).call(_REQUEST, ())
    assert call.path == "/api/chat"
    assert call.body["think"] is False
    assert call.body["options"]["num_ctx"] == 2048
    assert call.body["options"]["num_predict"] >= _REQUEST.max_tokens


def test_ollama_text_comes_unwrapped_with_its_cost_at_the_end() -> None:
    last = {"done": True, "done_reason": "length", "message": {"content": ""}}
    cost = {"prompt_eval_count": 9, "eval_count": 5, "eval_duration": 2_000_000}
    pieces = _read(OllamaChat("m"), [{"message": {"content": "```\na +"}}, last | cost])
    usage = Usage(prompt_tokens=9, generated_tokens=5, decode_ms=2.0)
    assert pieces == [Piece(text="a +"), Piece(finish=FinishReason.LIMIT, usage=usage)]


@pytest.mark.parametrize(
    "sent", ["```python\ndef add(a, b):\n    return a + b\n```", " a + b\n```"]
)
def test_a_begun_answer_may_come_back_whole_or_from_where_it_ended(sent: str) -> None:
    dialect = OpenAiChat("m", begins=True)
    *_, last = dialect.call(_REQUEST, ()).body["messages"]
    assert last == {"role": "assistant", "content": "```python\ndef add(a, b):\n    return"}
    pieces = _read(dialect, [*map(_openai, sent), _openai(finish="stop")])
    assert "".join(piece.text for piece in pieces) == "a + b"


def test_nothing_behind_a_begun_answer_is_no_insertion() -> None:
    pieces = _read(OpenAiChat("m", begins=True), [_openai(finish="stop")])
    assert [piece.text for piece in pieces] == [""]
