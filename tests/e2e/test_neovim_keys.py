"""Keys act on a suggestion while there is one, and else do what they did before."""

import pytest

from tests.e2e.conftest import Open, Scripted
from tests.support.scripted_lsp import says

pytestmark = pytest.mark.editor


def test_tab_is_a_tab_when_there_is_nothing_to_accept(open_file: Open) -> None:
    editor = open_file()
    editor.type("ia<Tab>b")
    editor.until_lines(["a\tb"])


@pytest.mark.parametrize("tab_was_free", [True, False])
def test_tab_still_expands_an_abbreviation(open_file: Open, tab_was_free: bool) -> None:
    before = "vim.cmd('iabbrev teh the')"
    if tab_was_free:
        before += " vim.keymap.del('i', '<Tab>')"  # Neovim 0.11 maps it, for snippets
    editor = open_file(before=before)
    editor.type("iteh<Space>")
    editor.type("teh<Tab>")
    editor.until_lines(["the the\t" if tab_was_free else "the teh\t"])


@pytest.mark.parametrize(
    ("before", "typed"),
    [
        ("vim.keymap.set('i', '<Tab>', 'plain')", "plain"),
        (
            "vim.keymap.set('i', '<Tab>', function() return 'ex' .. 'pr' end, { expr = true })",
            "expr",
        ),
        ("vim.cmd([[inoremap <expr> <Tab> 'vim' .. 'script']])", "vimscript"),
        (
            "vim.keymap.set('i', '<Plug>(x)', 'plug') "
            "vim.keymap.set('i', '<Tab>', '<Plug>(x)', { remap = true })",
            "plug",
        ),
        (
            "vim.keymap.set('i', '<Tab>', function()"
            " vim.api.nvim_put({ 'lua' }, 'c', false, true) end)",
            "lua",
        ),
    ],
)
def test_tab_does_what_it_was_mapped_to(
    open_file: Open, server: Scripted, before: str, typed: str
) -> None:
    server.say([says(f"a{typed} b", {"text": "c"})])
    editor = open_file(before=before)
    editor.type("ia<Tab> b")
    editor.until_ghost("c")
    editor.type("<Tab>")
    editor.until_lines([f"a{typed} bc"])


def test_keys_typed_just_ahead_of_tab_are_in_the_text_when_it_acts(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("a", {"text": "bc"})])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("b<Tab>!")  # along the suggestion
    editor.until_lines(["abc!"])
    editor.type("<Esc>Sa")
    editor.until_ghost("bc")
    editor.type("x<Tab>!")  # away from it: a real Tab
    editor.until_lines(["ax\t!"])


def test_a_second_set_up_keeps_what_tab_was_mapped_to(open_file: Open) -> None:
    editor = open_file(before="vim.keymap.set('i', '<Tab>', 'mine')")
    editor.setup("{ cmd = { 'true' } }")
    editor.type("ia<Tab>b")
    editor.until_lines(["amineb"])


def test_a_snippet_in_progress_gets_tab_when_there_is_no_suggestion(open_file: Open) -> None:
    editor = open_file()
    editor.type("i")
    editor.until(editor.mode, "i")
    editor.lua("vim.snippet.expand('for $1 in $2')")
    editor.type("a<Tab>b")
    editor.until_lines(["for a in b"])


def test_keys_can_be_chosen_and_left_out(open_file: Open, server: Scripted) -> None:
    server.say([says("a", {"text": "bc"})])
    editor = open_file(options="keys = { accept = '<C-l>', dismiss = false }")
    assert editor.api.funcs.mapcheck("<C-]>", "i") == ""
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("<C-l>")
    editor.until_lines(["abc"])


def test_dismissing_lasts_until_something_is_typed(open_file: Open, server: Scripted) -> None:
    server.say([says("a", {"text": "bc"}), says("ab", {"text": "c"})])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("<C-]>")
    editor.until_ghost(None)
    editor.type("b")
    editor.until_ghost("c")


def test_next_and_previous_go_round_the_suggestions(open_file: Open, server: Scripted) -> None:
    server.say([says("a", {"text": "1", "id": "one"}, {"text": "2", "id": "two"}, {"text": "3"})])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("1")
    for key, shown in (("<M-]>", "2"), ("<M-]>", "3"), ("<M-]>", "1"), ("<M-[>", "3")):
        editor.type(key)
        editor.until_ghost(shown)
    editor.type("<M-[><Tab>")
    editor.until_lines(["a2"])
    editor.until(server.accepted, ["two"])
    assert set(server.asked()) == {2}


def test_next_asks_for_more_when_there_is_one_only(open_file: Open, server: Scripted) -> None:
    more = says("ab", {"text": "c"}, {"text": "d"})
    server.say([{**says("a", {"text": "bc"}), "trigger": 2}, {**more, "trigger": 1}])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("b")
    editor.until_ghost("c")
    editor.type("<M-]>")
    editor.until_ghost("d")
    assert server.asked() == [2, 1]
    editor.type("<M-]>")
    editor.until_ghost("c")
    editor.type("<M-]>")
    editor.until_ghost("d")
    assert server.asked() == [2, 1]


def test_the_only_suggestion_stays_when_there_is_no_other(
    open_file: Open, server: Scripted
) -> None:
    server.say([{**says("a", {"text": "bc"}), "trigger": 2}])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("<M-]>")
    editor.until(lambda: editor.screen()[0].endswith("no other suggestion here"))
    assert editor.ghost() == "bc"
    editor.type("<Tab>")
    editor.until_lines(["abc"])


def test_the_trigger_key_asks_at_once_and_says_when_there_is_nothing(
    open_file: Open, server: Scripted
) -> None:
    server.say([{**says("a", {"text": "bc"}), "trigger": 1}])
    editor = open_file(options="debounce_ms = 1000 * 1000")
    editor.type("ia")
    editor.until_lines(["a"])
    editor.type("<M-\\>")
    editor.until_ghost("bc")
    editor.type("x<M-\\>")
    editor.until(lambda: editor.screen()[0].endswith("  no suggestion here"))
    editor.type("y")
    editor.until(lambda: editor.screen()[0], "axy")
    assert server.asked() == [1, 1]


def test_functions_tell_whether_there_was_something_to_do(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("a", {"text": "bc"})])
    editor = open_file()
    names = ["accept", "accept_word", "accept_line", "dismiss"]
    for name in names:
        assert editor.lua(f"return require('aicopilot').{name}()") is False
    editor.type("ia")
    editor.until_ghost("bc")
    assert editor.lua("return require('aicopilot').accept()") is True
    editor.until_lines(["abc"])
