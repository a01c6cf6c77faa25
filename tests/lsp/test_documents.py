"""The table of open documents: what is handed out, and when it is not."""

import pytest

from aicopilot_lsp.lsp.documents import Documents
from aicopilot_lsp.text.document import Change
from aicopilot_lsp.text.positions import Position, Range

URI, OTHER = "file:///a", "file:///b"
AT_START = Range(Position(0, 0), Position(0, 0))
REVERSED = Range(Position(0, 1), Position(0, 0))


@pytest.fixture
def documents() -> Documents:
    documents = Documents()
    documents.open(URI, "python", 1, "a")
    documents.open(OTHER, "python", 1, "b")
    return documents


def test_what_was_taken_does_not_change_and_says_when_it_is_old(documents: Documents) -> None:
    taken = documents.take(URI)
    assert taken is not None
    assert documents.is_current(taken)
    assert documents.change(URI, 2, [Change(AT_START, "x")])
    assert taken.snapshot.text == "a"
    assert not documents.is_current(taken)


def test_a_document_opened_anew_with_the_same_version_is_another(documents: Documents) -> None:
    taken = documents.take(URI)
    assert taken is not None
    documents.close(URI)
    documents.open(URI, "python", 1, "a")
    assert not documents.is_current(taken)


def test_a_document_that_is_not_open_is_not_there(documents: Documents) -> None:
    assert documents.take("file:///etc/hostname") is None
    assert documents.change("file:///etc/hostname", 1, []) is None
    assert not documents.close("file:///etc/hostname")


def test_a_document_with_an_impossible_edit_is_not_handed_out(documents: Documents) -> None:
    documents.change(URI, 2, [Change(REVERSED, "x")])
    assert documents.take(URI) is None
    assert documents.suspended(URI)
    assert documents.take(OTHER) is not None


def test_a_lost_message_distrusts_its_document_or_all(documents: Documents) -> None:
    documents.distrust(URI)
    assert documents.take(URI) is None
    assert documents.take(OTHER) is not None
    documents.distrust()
    documents.distrust("file:///unknown")
    assert documents.take(OTHER) is None
    documents.change(URI, 2, [Change(AT_START, "x")])
    assert documents.take(URI) is None
    documents.change(URI, 3, [Change(None, "whole")])
    assert documents.take(URI) is not None
