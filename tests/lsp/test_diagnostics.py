"""What the client tells of other servers' diagnostics: what is kept of it, and where it shows."""

import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.context.types import Diagnostic
from aicopilot_lsp.lsp.diagnostics import (
    MAX_DIAGNOSTICS,
    MAX_MESSAGE_CHARS,
    METHOD,
    Diagnostics,
)
from aicopilot_lsp.text.document import Change, Document
from aicopilot_lsp.text.positions import Position, PositionEncoding, Range
from tests.support.outage import Outage
from tests.support.rpc_client import (
    INLINE,
    Message,
    RpcClient,
    did_change,
    did_open,
    inline,
    insert,
)

URI = "file:///w/a.py"
TEXT = "one\ntwo\nthree\nfour\nfive\n"


def said(line: object, message: object = "wrong", **more: object) -> Message:
    start = {"line": line, "character": 2}
    return {"range": {"start": start, "end": start}, "message": message, **more}


def told(*diagnostics: object) -> Diagnostics:
    kept = Diagnostics()
    kept.told(URI, diagnostics, len(TEXT.splitlines()))
    return kept


def lines_after(*changes: Change) -> list[tuple[int, str]]:
    """Where those told of each line are after one message's changes; their text is its line's."""
    document = Document(URI, "python", 1, TEXT, PositionEncoding.UTF16)
    kept = told(*(said(at, line) for at, line in enumerate(TEXT.splitlines())))
    kept.changed(URI, document.apply(changes, 2))
    for one in kept.of(URI):
        assert document.snapshot().line_text(one.line) == one.message
    return [(one.line, one.message) for one in kept.of(URI)]


def at(first: tuple[int, int], last: tuple[int, int], text: str) -> Change:
    return Change(Range(Position(*first), Position(*last)), text)


def test_an_error_is_kept_and_one_without_a_severity_is_taken_for_an_error() -> None:
    kept = told(said(1, "no such name", severity=2, source="other"), said(3))
    assert kept.of(URI) == (
        Diagnostic(line=1, message="no such name", severity=2),
        Diagnostic(line=3, message="wrong", severity=1),
    )
    kept.told(URI, [], 5)
    assert kept.of(URI) == ()


@pytest.mark.parametrize(
    "rubbish",
    [
        None,
        7,
        "text",
        [],
        {},
        said(-1),
        said(5),  # there is none
        said(10**30),
        said("1"),
        said(1.5),
        said(None),
        said(1, None),
        said(1, {"kind": "markdown", "value": "wrong"}),
        said(1, severity="error"),
        said(1, severity=0),
        said(1, severity=5),
        said(1, severity=None),
        {"range": [], "message": "wrong"},
        {"message": "wrong"},
    ],
)
def test_what_is_no_diagnostic_of_the_text_is_left_out(rubbish: object) -> None:
    kept = told(rubbish, said(3))
    assert [one.line for one in kept.of(URI)] == [3]


def test_what_is_kept_is_bounded() -> None:
    kept = told(*[said(1, "x" * 10_000)] * 10_000).of(URI)
    assert len(kept) == MAX_DIAGNOSTICS
    assert {len(one.message) for one in kept} == {MAX_MESSAGE_CHARS}


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        pytest.param(
            [at((1, 3), (1, 3), "!")],
            [(0, "one"), (2, "three"), (3, "four"), (4, "five")],
            id="a letter",
        ),
        pytest.param(
            [at((1, 3), (1, 3), "\n")],
            [(0, "one"), (1, "two"), (3, "three"), (4, "four"), (5, "five")],
            id="a line below",
        ),
        pytest.param(
            [at((1, 0), (1, 0), "new\n")],
            [(0, "one"), (2, "two"), (3, "three"), (4, "four"), (5, "five")],
            id="a line above",
        ),
        pytest.param(
            [at((1, 0), (3, 0), "")], [(0, "one"), (1, "four"), (2, "five")], id="lines removed"
        ),
        pytest.param(
            [at((0, 0), (0, 0), "new\n"), at((4, 0), (5, 0), "")],
            [(1, "one"), (2, "two"), (3, "three"), (4, "five")],
            id="two at once",
        ),
        pytest.param(
            [Change(None, "zero\none\ntwo\nfour\nfive\n")],
            [(3, "four"), (4, "five")],
            id="all of the text",
        ),
        pytest.param([Change(None, "")], [], id="nothing left"),
    ],
)
def test_edits_move_them_and_an_edited_line_loses_its_own(
    changes: list[Change], left: list[tuple[int, str]]
) -> None:
    assert lines_after(*changes) == left


# Through a real server, with a model whose answers do not matter.

SERVE = (str(Path(sys.executable).parent / "aicopilot"), "serve")
APP = "def tidy(shelf):\n    shelf.dsut()\n    shelf.\n"
WHY = "unknown member;\ndid you mean dust?"
DSUT = said(1, WHY)
SHOWN = "# error in `shelf.dsut()`: unknown member; did you mean dust?"


class Editor:
    """One with a document."""

    def __init__(self, client: RpcClient, uri: str) -> None:
        self.client, self.uri = client, uri
        self._ids = itertools.count()

    def open(self) -> None:
        """Anew: what was known of it is forgotten, the prompt before included."""
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": self.uri}})
        self.client.send(did_open(self.uri, APP))

    def tell(self, *diagnostics: object, **params: object) -> None:
        told = {"uri": self.uri, "version": 1, "diagnostics": diagnostics}
        self.client.notify(METHOD, {**told, **params})

    def ask(self, line: int = 2) -> str:
        """At the end of the line; the page that explains it."""
        number = next(self._ids)
        self.client.send(inline(number, self.uri, line, len("    shelf.")))
        assert "result" in self.client.answer(number)
        return self.page()

    def page(self) -> str:
        params = {"command": "aicopilot.explain", "arguments": [self.uri]}
        return str(self.client.request("workspace/executeCommand", params))


def found(page: str) -> list[str]:
    """Of which lines, counted from 1, what was told is found."""
    assert "\n| diagnostics |" in page, "the sources were not asked"
    return re.findall(r"\| diagnostics \| app\.py:(\d+)-", page)


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    folder = tmp_path / "work"
    (folder / ".git").mkdir(parents=True)
    (tmp_path / "none.toml").touch()
    env = {"AICOPILOT_CONFIG": str(tmp_path / "none.toml")}
    with (
        Outage(tmp_path / "model", "pass\n") as model,
        RpcClient(SERVE, env=env, state_dir=tmp_path / "state") as client,
    ):
        options = {
            "models": [model.model("box")],
            "completion": {"debounce_ms": 0, "read_ahead_ms": 1},
            "context": {"budget_ms": 5000},
        }
        result = client.initialize(
            capabilities=INLINE,
            workspaceFolders=[{"uri": folder.as_uri(), "name": "work"}],
            initializationOptions=options,
        )
        assert result["capabilities"]["experimental"] == {"aicopilot": {"diagnostics": True}}
        one = Editor(client, (folder / "app.py").as_uri())
        one.open()
        yield one
        assert client.stop() == 0


def test_what_is_told_comes_into_the_prompt_in_a_rest(editor: Editor) -> None:
    editor.tell(DSUT, said(2, "unfinished"))
    version = 1
    while SHOWN not in (page := editor.ask(version + 1)):
        for _ in range(50):  # in which it rests
            editor.page()
        version += 1
        editor.client.send(did_change(editor.uri, version, insert(0, 0, "# one more\n")))
    assert "unfinished" not in page.partition("## The prompt")[2]  # of the cursor's own line


def test_what_was_told_is_gone_when_the_document_is_closed(editor: Editor) -> None:
    editor.tell(DSUT)
    assert found(editor.ask()) == ["2"]
    editor.client.notify("textDocument/didClose", {"textDocument": {"uri": editor.uri}})
    editor.tell(DSUT)
    editor.open()
    assert found(editor.ask()) == []


def test_what_was_told_last_counts(editor: Editor) -> None:
    editor.tell(DSUT)
    editor.tell(said(0, "unused name"))
    assert found(editor.ask()) == ["1"]


def test_what_is_told_of_an_older_text_is_of_no_use_and_edits_move_what_was_told(
    editor: Editor,
) -> None:
    editor.tell(DSUT)
    editor.client.send(did_change(editor.uri, 2, insert(0, 0, "# one more\n")))
    editor.tell(said(0, "of an older text"), version=1)
    assert found(editor.ask(3)) == ["3"]


def test_without_a_version_it_is_of_the_text_as_it_is(editor: Editor) -> None:
    editor.client.send(did_change(editor.uri, 2, insert(0, 0, "# one more\n")))
    editor.client.notify(METHOD, {"uri": editor.uri, "diagnostics": [said(2, WHY)]})
    assert found(editor.ask(3)) == ["3"]


def test_rubbish_is_survived_and_not_logged(editor: Editor) -> None:
    rubbish: tuple[Any, ...] = (None, 7, [], {}, {"uri": 7, "diagnostics": []}, {"uri": editor.uri})
    for params in rubbish:
        editor.client.notify(METHOD, params)
    unusable = said(0, "unusable")
    editor.tell(unusable, uri="file:///elsewhere.py")
    editor.tell(None, said(1, "\ud800 half"), said("0", "unusable"))
    editor.tell(unusable, version={})
    editor.tell(diagnostics={"0": unusable})
    assert found(editor.ask()) == ["2"]
    assert "unusable" not in editor.client.log()
