"""INV-3: every request is answered exactly once."""

import json
from typing import Any

import pytest

from aicopilot_lsp.lsp.ledger import BatchAnswers, ErrorCode, Ledger


class Sent(list[Any]):
    def __call__(self, body: bytes) -> None:
        self.append(json.loads(body))


def test_inv_3_whoever_answers_second_sends_nothing() -> None:
    sent = Sent()
    ticket = Ledger().open(1, sent)
    assert ticket.answer({"items": []})
    assert not ticket.answer(None)
    assert not ticket.fail(ErrorCode.INTERNAL_ERROR, "late")
    assert not ticket.cancel()
    assert sent == [{"jsonrpc": "2.0", "id": 1, "result": {"items": []}}]


def test_an_answer_frees_the_id() -> None:
    ledger = Ledger()
    ledger.open("a", Sent()).answer(None)
    assert not ledger.is_taken("a")
    assert ledger.open_tickets() == []


def test_a_second_request_under_an_id_in_flight_does_not_hurt_the_first() -> None:
    ledger, sent = Ledger(), Sent()
    first = ledger.open(1, sent)
    second = ledger.open(1, sent)
    second.fail(ErrorCode.INVALID_REQUEST, "taken")
    assert ledger.find(1) is first
    assert first.answer("done")
    assert [("error" in answer, answer["id"]) for answer in sent] == [(True, 1), (False, 1)]


def test_a_number_and_the_text_of_it_are_two_ids() -> None:
    ledger = Ledger()
    ledger.open(1, Sent())
    assert ledger.is_taken(1.0)
    assert not ledger.is_taken("1")


def test_a_result_that_is_no_json_leaves_the_request_unanswered() -> None:
    sent = Sent()
    ticket = Ledger().open(1, sent)
    for bad in (object(), float("nan")):
        with pytest.raises((TypeError, ValueError)):
            ticket.answer(bad)
    assert ticket.fail(ErrorCode.INTERNAL_ERROR, "sorry")
    assert len(sent) == 1


def test_an_error_has_no_data() -> None:
    sent = Sent()
    Ledger().open(1, sent).fail(ErrorCode.INVALID_PARAMS, "no")
    assert sent[0]["error"] == {"code": -32602, "message": "no"}


def test_the_answers_to_a_batch_go_out_together_when_the_last_has_come() -> None:
    sent, ledger = Sent(), Ledger()
    answers = BatchAnswers(2, sent)
    one, two = ledger.open(1, answers.add), ledger.open(2, answers.add)
    two.answer("b")
    assert sent == []
    one.cancel()
    assert [[answer["id"] for answer in batch] for batch in sent] == [[2, 1]]
