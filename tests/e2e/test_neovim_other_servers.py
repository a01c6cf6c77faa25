"""Neovim tells our server what the buffer's other language servers know."""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Open, Scripted
from tests.support.neovim import Neovim
from tests.support.outage import Outage

pytestmark = pytest.mark.editor

# A server within the editor: what it is asked is in `asked`, and it answers with `answer`, unless
# it is to hold; then `release` answers.
OTHER_SERVER = """
local name, encoding = ...
_G.asked, _G.held, _G.cancelled = _G.asked or {}, _G.held or {}, 0
local function request(method, params, callback)
  if method == 'initialize' then
    callback(nil, { capabilities = {
      definitionProvider = true, positionEncoding = encoding,
      textDocumentSync = { openClose = true, change = 1 },
    } })
    return true, 1
  elseif method == 'shutdown' then
    callback(nil, vim.NIL)
    return true, 1
  end
  table.insert(_G.asked, { name, method, params.position.line, params.position.character })
  if _G.hold then
    table.insert(_G.held, callback)
  else
    callback(_G.fails and { code = -32603, message = 'no' } or nil, _G.answer)
  end
  return true, #_G.asked
end
local function notify(method)
  if method == '$/cancelRequest' then
    _G.cancelled = _G.cancelled + 1
  end
end
local stopped = false
vim.lsp.start({
  name = name,
  cmd = function()
    return {
      request = request,
      notify = notify,
      is_closing = function() return stopped end,
      terminate = function() stopped = true end,
    }
  end,
  root_dir = vim.fn.getcwd(),
}, { bufnr = 0 })
"""

# As Neovim runs the handlers of requests from servers.
ASK = """
local questions, ahead = ...
_G.told = nil
coroutine.wrap(function()
  local ours = vim.lsp.get_clients({ name = 'aicopilot' })[1]
  local version = vim.lsp.util.buf_versions[vim.api.nvim_get_current_buf()] + ahead
  _G.told = { require('aicopilot.others').answer(nil, {
    textDocument = { uri = vim.uri_from_bufnr(0), version = version },
    questions = questions,
  }, { method = 'aicopilot/definitions', client_id = ours.id }) }
end)()
"""

IS_NULL = "return _G.told ~= nil and _G.told[1] == vim.NIL"
PLACE = {"uri": "file:///w/b.py", "range": {"start": {"line": 3, "character": 0}}}
DEFINITION, TYPE = "textDocument/definition", "textDocument/typeDefinition"


def question(line: int, character: int, method: str = DEFINITION) -> dict[str, Any]:
    return {"method": method, "position": {"line": line, "character": character}}


def other_server(editor: Neovim, name: str = "other", encoding: str = "utf-16") -> None:
    editor.lua(OTHER_SERVER, name, encoding)
    attached = f"return #vim.lsp.get_clients({{ bufnr = 0, name = '{name}' }})"
    editor.until(lambda: editor.lua(attached), 1)


def ask(editor: Neovim, *questions: dict[str, Any], ahead: int = 0) -> None:
    editor.lua(ASK, list(questions), ahead)


def told(editor: Neovim) -> list[Any] | None:
    """What our server is told, once it is; in a list."""
    found: list[Any] | None = editor.lua("return _G.told")
    return found


def test_the_plug_in_declares_that_it_can_be_asked(open_file: Open, server: Scripted) -> None:
    open_file()
    (message,) = server.received("initialize")
    experimental = message["params"]["capabilities"]["experimental"]
    assert experimental == {"aicopilot": {"definitions": True}}


def test_each_question_is_answered_with_what_all_other_servers_say(
    open_file: Open, server: Scripted
) -> None:
    editor = open_file("one two\n")
    other_server(editor, "first")
    other_server(editor, "second")
    editor.lua("_G.answer = ...", PLACE)
    ask(editor, question(0, 0), question(0, 4, TYPE))
    editor.until(lambda: told(editor), [[[PLACE, PLACE], []]])  # of types they know nothing
    asked = editor.lua("return _G.asked")
    assert sorted(asked) == [["first", DEFINITION, 0, 0], ["second", DEFINITION, 0, 0]]
    assert server.received(DEFINITION) == []
    editor.lua("_G.answer = ...", [PLACE])
    ask(editor, question(0, 4))
    editor.until(lambda: told(editor), [[[PLACE, PLACE]]])


@pytest.mark.parametrize(
    ("ours", "others", "character", "asked"),
    [("utf-16", "utf-8", 3, 5), ("utf-8", "utf-16", 5, 3), ("utf-8", "utf-32", 5, 2)],
)
def test_a_position_is_put_into_the_units_of_the_server_that_is_asked(
    open_file: Open, server: Scripted, ours: str, others: str, character: int, asked: int
) -> None:
    server.say([], encoding=ours)
    editor = open_file("😀 two\n")
    other_server(editor, encoding=others)
    ask(editor, question(0, character))
    editor.until(lambda: told(editor), [[[]]])
    assert editor.lua("return _G.asked[1][4]") == asked


def test_a_server_that_is_alone_or_fails_says_nothing(open_file: Open) -> None:
    editor = open_file("one\n")
    ask(editor, question(0, 0), question(0, 1))
    editor.until(lambda: editor.lua(IS_NULL))
    other_server(editor)
    editor.lua("_G.fails = true")
    ask(editor, question(0, 0))
    editor.until(lambda: told(editor), [[[]]])
    ask(editor, question(0, 0, "workspace/executeCommand"))
    editor.until(lambda: editor.lua(IS_NULL))
    assert len(editor.lua("return _G.asked")) == 1
    assert editor.messages() == ""


def test_typing_goes_on_while_a_server_thinks_and_one_that_never_answers_is_left(
    open_file: Open,
) -> None:
    editor = open_file("one\n")
    other_server(editor)
    editor.lua("_G.hold = true")
    ask(editor, question(0, 0))
    assert told(editor) is None
    editor.type("otwo<Esc>")
    editor.until_lines(["one", "two"])
    editor.lua("_G.held[1](nil, ...)", [PLACE])
    editor.until(lambda: told(editor), [[[PLACE]]])
    ask(editor, question(0, 0))
    editor.until(lambda: told(editor), [[[]]])
    assert editor.lua("return _G.cancelled") == 1
    assert editor.messages() == ""


def test_a_question_about_another_text_is_answered_with_null(open_file: Open) -> None:
    editor = open_file("one\n")
    other_server(editor)
    ask(editor, question(0, 0), ahead=-1)
    editor.until(lambda: editor.lua(IS_NULL))
    assert editor.lua("return _G.asked") == []


# As a client does that was told by its server, one after the other; a linter that is none does the
# same.
DIAGNOSE = """
local found = ...
for count = math.min(#found, 1), #found do
  local some = vim.list_slice(found, 1, count)
  vim.diagnostic.set(vim.api.nvim_create_namespace('other'), 0, some)
end
"""
DID_CHANGE_DIAGNOSTICS = "aicopilot/didChangeDiagnostics"


def told_wrong(server: Scripted) -> list[tuple[Any, ...]]:
    """The line, the message and the severity of each in the latest that our server was told."""
    messages = server.received(DID_CHANGE_DIAGNOSTICS)
    return [
        (one["range"]["start"]["line"], one["message"], one["severity"])
        for one in (messages[-1]["params"]["diagnostics"] if messages else ())
    ]


def test_errors_and_warnings_are_told_once_they_rest(open_file: Open, server: Scripted) -> None:
    editor = open_file("one\ntwo\n")
    found = [
        {"lnum": 1, "col": 0, "severity": 1, "message": "no such name"},
        {"lnum": 0, "col": 1, "severity": 2, "message": "unused"},
        {"lnum": 0, "col": 1, "severity": 4, "message": "could be shorter"},
    ]
    editor.lua(DIAGNOSE, found)
    expected = [(0, "unused", 2), (1, "no such name", 1)]
    editor.until(lambda: sorted(told_wrong(server)), expected)
    messages = server.received(DID_CHANGE_DIAGNOSTICS)
    (message,) = (one for one in messages if one["params"]["diagnostics"])
    (opened,) = server.received("textDocument/didOpen")
    document = opened["params"]["textDocument"]
    params = message["params"]
    assert (params["uri"], params["version"]) == (document["uri"], document["version"])
    editor.lua(DIAGNOSE, [])
    editor.until(lambda: told_wrong(server), [])
    assert server.received(DID_CHANGE_DIAGNOSTICS)[-1]["params"]["diagnostics"] == []
    assert editor.messages() == ""


def test_a_server_that_does_not_say_that_it_may_be_told_is_told_nothing(
    open_file: Open, server: Scripted
) -> None:
    editor = open_file("one\n")
    editor.lua(
        "vim.lsp.get_clients({ name = 'aicopilot' })[1].server_capabilities.experimental = nil"
    )
    editor.lua(DIAGNOSE, [{"lnum": 0, "col": 0, "severity": 1, "message": "no"}])
    editor.lua("_G.over = false; vim.defer_fn(function() _G.over = true end, 400)")
    editor.until(lambda: editor.lua("return _G.over"))
    editor.settle()
    assert server.received(DID_CHANGE_DIAGNOSTICS) == []


# With nothing in between replaced: Neovim, our server, and another one that understands Python.

BIN = Path(sys.executable).parent
FILES = {
    "racks.py": "class Rack:\n    def dust(self): ...\n    def label_with(self, text): ...\n",
    "stock.py": "from racks import Rack\n\ndef storage():\n    return {'first': [Rack()]}\n",
    "app.py": "from stock import storage\n\nfor item in storage()['first']:\n    item.\n",
}
JEDI = BIN / "jedi-language-server"
START_JEDI = f"""
local root = ...
vim.lsp.start({{
  name = 'jedi', cmd = {{ '{JEDI}' }}, root_dir = root,
}}, {{ bufnr = 0 }})
"""
JEDI_IS_READY = "return #vim.lsp.get_clients({ name = 'jedi' }) > 0"  # of those that have answered
PAGE = """
require('aicopilot.client').explain(0, function(page) _G.page = page end)
return _G.page or ''
"""


def test_what_another_language_server_knows_comes_into_the_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_neovim: Callable[..., Neovim]
) -> None:
    assert JEDI.exists(), "it comes with the extra `test`: make setup"
    for name in ("CACHE_DIR", "STATE_DIR"):
        monkeypatch.setenv(f"AICOPILOT_{name}", str(tmp_path / name.lower()))
    (tmp_path / "none.toml").touch()
    monkeypatch.setenv("AICOPILOT_CONFIG", str(tmp_path / "none.toml"))
    root = tmp_path / "work"
    (root / ".git").mkdir(parents=True)
    for path, text in FILES.items():
        (root / path).write_text(text)
    with Outage(tmp_path / "model", "pass\n") as model:
        neovim = start_neovim()
        fields = ", ".join(f"{key} = '{value}'" for key, value in model.model("box").items())
        options = f"models = {{ {{ {fields} }} }}, completion = {{ read_ahead_ms = 1 }}"
        command = f"{{ '{BIN / 'aicopilot'}', 'serve' }}"
        neovim.setup(f"{{ cmd = {command}, debounce_ms = 1, init_options = {{ {options} }} }}")
        neovim.edit(root / "app.py")
        neovim.until_attached()
        neovim.lua(START_JEDI, str(root))
        neovim.until(lambda: neovim.lua(JEDI_IS_READY))
        neovim.type("GA")
        rests = itertools.count()

        def page() -> str:
            if next(rests) % 50 == 0:  # what is found in a rest is in the prompt after it
                neovim.type("x")
            return str(neovim.lua(PAGE))

        neovim.until(lambda: "members of Rack, which has item" in page())
        prompt = page().partition("## The prompt")[2]
        assert "class Rack:" in prompt
        assert "label_with" in prompt
