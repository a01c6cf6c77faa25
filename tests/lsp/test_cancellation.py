"""Cancelling and superseding: one answer each, at once, and the work stops."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.rpc_client import (
    RpcClient,
    cancel,
    did_change,
    did_open,
    inline,
    insert,
    notification,
    request,
)
from tests.support.scripted_server import TRACE_VARIABLE

URI, OTHER = "file:///w/a.py", "file:///w/b.py"
HOLD = "#! hold held\n"


class Traced(RpcClient):
    """With a list of what the engine was told."""

    def __init__(self, folder: Path) -> None:
        self._trace_file = folder / "trace"
        super().__init__(env={TRACE_VARIABLE: str(self._trace_file)})
        self.initialize()
        self.ready()
        self._seen = len(self._trace())

    def trace(self) -> list[str]:
        """What the engine was told since then of work that began, by first words."""
        return [line.split()[0] for line in self._since() if not line.startswith("noted")]

    def until_begun(self, works: int = 1) -> None:
        """Until so many works began: where links lead is found out first, in a thread."""
        while self.trace().count("asked") < works:
            pass

    def noted(self) -> Counter[str]:
        """The outcomes of work that did not begin."""
        return Counter(line.split()[1] for line in self._since() if line.startswith("noted"))

    def _since(self) -> list[str]:
        self.settle()
        return self._trace()[self._seen :]

    def _trace(self) -> list[str]:
        return self._trace_file.read_text().splitlines()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Traced]:
    traced = Traced(tmp_path)
    with traced:
        yield traced


def test_a_cancel_is_answered_and_stops_the_work(client: Traced) -> None:
    client.send(did_open(URI, HOLD), inline(7, URI, 1, 0))
    client.until_begun()
    client.send(cancel(7))
    assert client.answer(7)["error"]["code"] == -32800
    assert client.trace() == ["asked", "cancelled"]


def test_a_cancel_that_is_read_with_its_request_starts_no_work(client: Traced) -> None:
    client.send(did_open(URI, HOLD), inline(7, URI, 1, 0), cancel(7))
    assert client.answer(7)["error"]["code"] == -32800
    assert client.trace() == []


def test_of_seventy_queued_requests_of_which_thirty_are_cancelled_one_runs(client: Traced) -> None:
    client.send(
        did_open(URI, "#! say ok\n"),
        *(inline(f"q{i}", URI, 1, 0) for i in range(70)),
        *(cancel(f"q{i}") for i in range(30)),
    )
    answers = [client.answer(f"q{i}") for i in range(70)]
    assert all(answer["error"]["code"] == -32800 for answer in answers[:30])
    assert all(answer["result"] is None for answer in answers[30:-1])
    assert answers[-1]["result"]["items"]
    assert client.trace() == ["asked"]
    assert client.noted() == {"superseded": 39}


def test_cancelling_what_is_answered_or_unknown_does_nothing(client: Traced) -> None:
    client.send(did_open(URI, "#! say ok\n"), inline(7, URI, 1, 0))
    assert client.answer(7)["result"]["items"]
    client.send(cancel(7), cancel("never"), cancel(None), notification("$/cancelRequest"))
    client.settle()
    assert client.unread == []


def test_a_cancelled_command_is_answered_once(client: Traced) -> None:
    client.send(
        request(7, "workspace/executeCommand", {"command": "aicopilot.whyNothing"}), cancel(7)
    )
    assert client.answer(7)["error"]["code"] == -32800
    client.settle()
    assert client.unread == []


def test_a_newer_request_for_the_document_supersedes(client: Traced) -> None:
    client.send(did_open(URI, HOLD), inline(7, URI, 1, 0))
    client.until_begun()
    client.send(inline(8, URI, 1, 0))
    assert client.answer(7)["result"] is None
    client.until_begun(2)
    assert client.trace() == ["asked", "superseded", "asked"]
    client.send(cancel(8))
    assert client.answer(8)["error"]["code"] == -32800


def test_documents_do_not_supersede_each_other(client: Traced) -> None:
    client.send(did_open(URI, HOLD), did_open(OTHER, HOLD))
    client.send(inline(7, URI, 1, 0), inline(8, OTHER, 1, 0))
    release = {"command": "aicopilot.accept", "arguments": ["release"]}
    client.send(request(9, "workspace/executeCommand", release))
    assert client.answer(7)["result"]["items"]
    assert client.answer(8)["result"]["items"]


def test_closing_a_document_stops_its_work_and_answers_null(client: Traced) -> None:
    client.send(did_open(URI, HOLD), inline(7, URI, 1, 0))
    client.until_begun()
    client.send(notification("textDocument/didClose", {"textDocument": {"uri": URI}}))
    assert client.answer(7)["result"] is None
    assert client.trace() == ["asked", "closed", "superseded"]


def test_a_change_stops_the_work_whose_answer_could_only_be_null(client: Traced) -> None:
    client.send(did_open(URI, HOLD), inline(7, URI, 1, 0))
    client.until_begun()
    client.send(did_change(URI, 2, insert(1, 0, "x")))
    assert client.answer(7)["result"] is None
    assert client.trace() == ["asked", "superseded"]


def test_the_request_sees_the_text_of_its_own_moment(client: Traced) -> None:
    """Changes that are read in the same turn come after the snapshot was taken."""
    client.send(
        did_open(URI, "#! say one\n"),
        inline(7, URI, 1, 0),
        did_change(URI, 2, {"text": "#! say two\n"}),
        inline(8, URI, 1, 0),
    )
    assert client.answer(7)["result"] is None
    assert client.answer(8)["result"]["items"][0]["insertText"] == "two"


def test_random_cancels_leave_nothing_behind(client: Traced) -> None:
    client.send(did_open(URI, HOLD), did_open(OTHER, "#! say ok\n"))
    for number in range(500):
        uri = (URI, OTHER)[number % 2]
        client.send(inline(f"c{number}", uri, 1, 0), cancel(f"c{number - number % 3}"))
    client.send(*(cancel(f"c{number}") for number in range(500)))
    assert all(client.answer(f"c{number}") for number in range(500))
    client.settle()
    assert client.unread == []
    assert client.stop() == 0
