"""The editor's other servers, asked through the editor: what it may say, and what that gives."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from aicopilot_lsp.context.protocol import WhereDefined
from aicopilot_lsp.context.types import Place, Question, Wanted
from aicopilot_lsp.lsp.client import Client, Folder
from aicopilot_lsp.lsp.files import Places
from aicopilot_lsp.lsp.other_servers import METHOD, OtherServers
from aicopilot_lsp.lsp.protocol import ClientError
from aicopilot_lsp.text.document import DocumentSnapshot, Point
from aicopilot_lsp.text.positions import PositionEncoding
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

ABLE = {"experimental": {"aicopilot": {"definitions": True}}}
URI = "file:///w/a.py"
THING = Question(at=Point(0, 5), wanted=Wanted.TYPE)
TAKE = Question(at=Point(0, 11), wanted=Wanted.DEFINITION)


class Editor:
    """Answers with what it was given, in order; an error is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    async def ask(self, method: str, params: Any, *, timeout_s: float) -> Any:
        assert method == METHOD
        assert timeout_s > 0
        self.asked.append(params)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def asking(
    editor: Editor,
    *,
    folders: Sequence[Folder] = (Folder(uri="file:///w"),),
    uri: str = URI,
    encoding: PositionEncoding = PositionEncoding.UTF16,
    clock: Callable[[], float] = lambda: 0.0,
) -> WhereDefined:
    client = Client(tells_definitions=True, encoding=encoding)
    document = DocumentSnapshot.from_text('"😀", thing.take()\n', uri=uri, version=7)
    asks = OtherServers(editor, Places(), clock=clock).about(client, document, folders)
    assert asks is not None
    return asks


def location(uri: str, line: int = 3) -> Message:
    at = {"line": line, "character": 0}
    return {"uri": uri, "range": {"start": at, "end": at}}


def link(uri: str, line: int) -> Message:
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    at = {"line": line, "character": 4}
    return {
        "targetUri": uri,
        "targetRange": whole,
        "targetSelectionRange": {"start": at, "end": at},
    }


def test_a_client_that_says_nothing_of_it_is_not_asked() -> None:
    document = DocumentSnapshot.from_text("x")
    servers = OtherServers(Editor(), Places())
    silent: tuple[dict[str, Any], ...] = (
        {},
        {"experimental": True},
        {"experimental": {"aicopilot": []}},
    )
    for capabilities in silent:
        client = Client.from_initialize({"capabilities": capabilities})
        assert servers.about(client, document, ()) is None
    able = Client.from_initialize({"capabilities": ABLE})
    assert servers.about(able, document, ()) is not None


@pytest.mark.parametrize(
    ("encoding", "character"),
    [(PositionEncoding.UTF8, 8), (PositionEncoding.UTF16, 6), (PositionEncoding.UTF32, 5)],
)
async def test_positions_are_in_the_clients_units(
    encoding: PositionEncoding, character: int
) -> None:
    editor = Editor([None])
    await asking(editor, encoding=encoding)([THING])
    assert editor.asked == [
        {
            "textDocument": {"uri": URI, "version": 7},
            "questions": [
                {
                    "method": "textDocument/typeDefinition",
                    "position": {"line": 0, "character": character},
                }
            ],
        }
    ]


async def test_a_place_may_be_told_in_every_form_that_the_protocol_has_for_it() -> None:
    b, c = "file:///w/b.py", "file:///w/c%20d.py"
    questions = [TAKE] * 4
    editor = Editor([None, location(b), [location(b), location(c, 0)], [link(c, 8)]])
    assert await asking(editor)(questions) == [
        (),
        (Place(path="b.py", line=3),),
        (Place(path="b.py", line=3), Place(path="c d.py", line=0)),
        (Place(path="c d.py", line=8),),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "text",
        7,
        {},
        [],
        [None, None, None],
        None,
        ClientError("the client answered with -32601"),
    ],
)
async def test_what_is_no_answer_counts_as_none(answer: Any) -> None:
    assert await asking(Editor(answer))([THING, TAKE]) is None


@pytest.mark.parametrize(
    "said",
    [
        7,
        "file:///w/b.py",
        {"uri": 7, "range": {"start": {"line": 1}}},
        {"uri": "file:///w/b.py"},
        {"uri": "file:///w/b.py", "range": {"start": {"line": -1}}},
        {"uri": "file:///w/b.py", "range": {"start": {"line": True}}},
        {"uri": "file:///w/b.py", "range": {"start": {"line": "1"}}},
        {"uri": "file:///w/b.py", "range": []},
        [[location("file:///w/b.py")]],
        [None, {}, 1.5],
    ],
)
async def test_what_is_no_place_is_left_out(said: Any) -> None:
    good = location("file:///w/c.py")
    assert await asking(Editor([said, good]))([THING, TAKE]) == [(), (Place(path="c.py", line=3),)]


async def test_a_thousand_places_are_a_few() -> None:
    many = [location(URI, line) for line in range(1_000)]
    (places,) = await asking(Editor([many]))([TAKE]) or ()
    assert len(places) <= 8


@pytest.mark.parametrize(
    "uri",
    [
        "file:///w/../etc/passwd",
        "file:///etc/passwd",
        "file:///w2/b.py",
        "file:///w/%2e%2e/other/b.py",
        "file:///w/b%00.py",
        "https://example.com/w/b.py",
        "jdt://contents/rt.jar/java.lang/String.class",
        "untitled:b.py",
        "",
        "\ud800",
    ],
)
async def test_a_place_outside_of_the_workspace_is_none(uri: str) -> None:
    assert await asking(Editor([location(uri)]))([THING]) == [()]


async def test_without_a_folder_nothing_is_inside() -> None:
    assert await asking(Editor([location(URI)]), folders=())([THING]) == [()]


async def test_a_file_of_another_folder_has_the_path_under_which_it_is_shown() -> None:
    folders = [Folder(uri="file:///w"), Folder(uri="file:///v")]
    editor = Editor([location("file:///v/lib/b.py")])
    assert await asking(editor, folders=folders)([TAKE]) == [(Place(path="../v/lib/b.py", line=3),)]


async def test_a_workspace_behind_a_link_is_found_by_where_it_leads(tmp_path: Path) -> None:
    real, written = tmp_path / "real", tmp_path / "written"
    (real / "lib").mkdir(parents=True)
    written.symlink_to(real, target_is_directory=True)
    editor = Editor([location((real / "lib" / "b.py").as_uri())])
    asks = asking(editor, folders=[Folder(uri=written.as_uri())], uri=(written / "a.py").as_uri())
    assert await asks([TAKE]) == [(Place(path="lib/b.py", line=3),)]


async def test_a_client_that_never_answers_is_left_alone_for_longer_each_time() -> None:
    editor = Editor(*[ClientError("no answer")] * 100)
    now_s = 0.0
    asks = asking(editor, clock=lambda: now_s)
    for second in range(1_000):
        now_s = float(second)
        assert await asks([THING]) is None
    assert len(editor.asked) < 15
    editor.answers = [[location(URI)]] * 3
    now_s = 2_000.0
    for _ in range(3):
        assert await asks([THING]) == [(Place(path="a.py", line=3),)]


async def test_a_client_that_can_say_nothing_now_is_asked_again_every_few_seconds() -> None:
    editor = Editor(*[None] * 500)
    now_s = 0.0
    asks = asking(editor, clock=lambda: now_s)
    for second in range(1_000):
        now_s = float(second)
        assert await asks([THING]) is None
    assert 150 < len(editor.asked) < 250


async def test_an_answer_missed_once_is_asked_for_soon() -> None:
    editor = Editor(None, [location(URI)])
    now_s = 0.0
    asks = asking(editor, clock=lambda: now_s)
    assert await asks([THING]) is None
    now_s = 0.5
    assert await asks([THING]) == [(Place(path="a.py", line=3),)]


# Through a real server, with a model whose answers do not matter.

SERVE = (str(Path(sys.executable).parent / "aicopilot"), "serve")
SHELF = "class Shelf:\n    def take_stock(self, count): ...\n    def dust(self): ...\n"
APP = "def tidy(thing):\n    a.one(b)\n    c.two(d)\n    thing.\n"


class Workspace:
    """A folder with an index, and a server for it."""

    def __init__(self, client: RpcClient, folder: Path, model: dict[str, str]) -> None:
        self.client, self.folder, self._model = client, folder, model
        self.uri = (folder / "app.py").as_uri()
        self._version = 1

    def begin(self, capabilities: dict[str, Any], **context: Any) -> None:
        self.client.initialize(
            capabilities={**INLINE, **capabilities},
            workspaceFolders=[{"uri": self.folder.as_uri(), "name": "work"}],
            initializationOptions={
                "models": [self._model],
                "completion": {"debounce_ms": 0},
                "context": context,
            },
        )
        self.client.send(did_open(self.uri, APP))

    def type(self) -> int:
        """Put a line above all, so that the prompt is another one, and ask behind the dot; the
        number of the request."""
        self._version += 1
        self.client.send(
            did_change(self.uri, self._version, insert(0, 0, "# one more\n")),
            inline(self._version, self.uri, self._version + 2, len("    thing.")),
        )
        return self._version

    def complete(self) -> str:
        """One request, answered; the page that explains it."""
        assert "result" in self.client.answer(self.type())
        return self.page()

    def page(self) -> str:
        params = {"command": "aicopilot.explain", "arguments": [self.uri]}
        return str(self.client.request("workspace/executeCommand", params))

    def asked(self) -> Message:
        return self.client.until_method(METHOD)

    def tell(self, asked: Message, *places: Message) -> None:
        """Answer the questions, in their order, with a place each."""
        count = len(asked["params"]["questions"])
        told = [[place] for place in places] + [None] * (count - len(places))
        self.client.send({"jsonrpc": "2.0", "id": asked["id"], "result": told})


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    folder = tmp_path / "work"
    (folder / ".git").mkdir(parents=True)
    (folder / "lib").mkdir()
    for path in ("lib/shelf.py", "lib/ignored.py", "lib/excluded.py", "credentials.py"):
        (folder / path).write_text(SHELF.replace("Shelf", Path(path).stem.title()))
    (tmp_path / "outside.py").write_text(SHELF.replace("Shelf", "Outside"))
    (folder / ".gitignore").write_text("ignored.py\n")
    (tmp_path / "none.toml").touch()
    env = {"AICOPILOT_CONFIG": str(tmp_path / "none.toml")}
    with (
        Outage(tmp_path / "model", "pass\n") as model,
        RpcClient(SERVE, env=env, state_dir=tmp_path / "state") as client,
    ):
        yield Workspace(client, folder, model.model("box"))
        assert client.stop() == 0


def test_what_other_servers_know_comes_into_the_prompt_and_what_is_hidden_does_not(
    workspace: Workspace,
) -> None:
    workspace.begin(ABLE, budget_ms=5000, exclude=["excluded.py"])
    request = workspace.type()
    asked = workspace.asked()
    assert asked["params"]["textDocument"] == {"uri": workspace.uri, "version": 2}
    assert asked["params"]["questions"][0] == {
        "method": "textDocument/typeDefinition",
        "position": {"line": 4, "character": 4},
    }
    files = ("lib/excluded.py", "lib/ignored.py", "credentials.py", "../outside.py")
    hidden = [location((workspace.folder / path).resolve().as_uri(), 0) for path in files]
    shelf = location((workspace.folder / "lib" / "shelf.py").as_uri(), 0)
    assert len(asked["params"]["questions"]) == 1 + len(hidden)
    workspace.tell(asked, shelf, *hidden)
    assert "result" in workspace.client.answer(request)
    while "members of Shelf, which has thing" not in (page := workspace.page()):
        assert "other-servers" in page
        workspace.complete()  # until the file is indexed
    for name in ("Excluded", "Ignored", "Credentials", "Outside"):
        assert name not in page


def test_no_request_waits_for_a_client_that_does_not_answer_and_what_is_late_serves_the_next(
    workspace: Workspace,
) -> None:
    workspace.begin(ABLE, budget_ms=50)
    asked = None
    while asked is None:  # the first requests may end before the file has been read
        page = workspace.complete()
        waiting = [m for m in workspace.client.unread if isinstance(m, dict)]
        asked = next((m for m in waiting if m.get("method") == METHOD), None)
    workspace.complete()
    workspace.tell(asked, location((workspace.folder / "lib" / "shelf.py").as_uri(), 0))
    while "members of Shelf, which has thing" not in page:
        page = workspace.complete()


@pytest.mark.parametrize("answer", [{"result": "rubbish"}, {"error": {"code": -32601}}])
def test_rubbish_costs_nothing_but_what_it_would_have_told(
    workspace: Workspace, answer: Message
) -> None:
    workspace.begin(ABLE, budget_ms=5000)
    request = workspace.type()
    asked = workspace.asked()
    workspace.client.send({"jsonrpc": "2.0", "id": asked["id"], **answer})
    assert "result" in workspace.client.answer(request)
    assert "| other-servers |" in workspace.complete()


def test_a_client_that_did_not_declare_it_is_asked_nothing_new(workspace: Workspace) -> None:
    workspace.begin({}, budget_ms=5000)
    for _ in range(3):
        workspace.complete()
    methods = [m.get("method") for m in workspace.client.unread if isinstance(m, dict)]
    assert METHOD not in methods
