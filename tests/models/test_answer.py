"""One answer on its way: where it ends, whatever the server goes on with."""

import json
from typing import Any

import pytest

from aicopilot_lsp.errors import ModelError, ModelErrorKind
from aicopilot_lsp.models.answer import Answer
from aicopilot_lsp.models.llamacpp import LlamaCppApi
from aicopilot_lsp.models.protocol import FinishReason, Mode
from tests.models.contract import request_for

_WHERE = "http://127.0.0.1:1"


def _answer(**fields: Any) -> Answer:
    return Answer(LlamaCppApi().dialects[Mode.RAW], request_for(**fields))


def _event(**fields: object) -> bytes:
    return f"data: {json.dumps(fields)}\n\n".encode()


def test_a_server_that_knows_no_limit_is_left() -> None:
    answer = _answer(max_tokens=8)
    sent = 0
    while not answer.ended:
        sent += len(answer.feed(_event(content="a "), _WHERE))
        assert sent <= 200
    assert sent > 8
    assert answer.finished.reason is FinishReason.LIMIT


def test_what_tells_only_the_cost_is_no_part_of_the_limit() -> None:
    answer = _answer(max_tokens=1)
    told = _event(content="", prompt_progress={"total": 9}, timings={"prompt_n": 5})
    chunks = [chunk for _ in range(100) for chunk in answer.feed(told, _WHERE)]
    assert {chunk.text for chunk in chunks} == {""}
    assert not answer.ended


def test_nothing_counts_behind_the_end() -> None:
    answer = _answer(stop=("b",))
    [chunk] = answer.feed(_event(content="ab") + _event(content="c"), _WHERE)
    assert chunk.text == "a"
    assert answer.finished.reason is FinishReason.STOP
    assert answer.feed(_event(content="d"), _WHERE) == []


def test_what_was_held_back_for_a_stop_string_comes_at_the_end() -> None:
    answer = _answer(stop=("\n\n",))
    [first] = answer.feed(_event(content="a\n"), _WHERE)
    [last] = answer.feed(_event(content="", stop=True, stop_type="eos"), _WHERE)
    assert (first.text, last.text) == ("a", "\n")


def test_an_answer_without_an_end_broke_off() -> None:
    answer = _answer()
    answer.feed(_event(content="a"), _WHERE)
    with pytest.raises(ModelError) as caught:
        answer.feed(b"", _WHERE)
    assert caught.value.kind is ModelErrorKind.INTERRUPTED
