"""What a person sees: ghost text, on a real screen, and when it must not be there."""

import pytest

from tests.e2e.conftest import Open, Scripted
from tests.support.scripted_lsp import Answer, says

pytestmark = pytest.mark.editor


def test_a_suggestion_is_shown_at_the_cursor_and_below_it(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("def ", {"text": "add(a, b):\n    return a + b"})])
    editor = open_file("\nlast")
    editor.type("idef ")
    editor.until_ghost("add(a, b):\n    return a + b")
    assert editor.screen()[:3] == ["def add(a, b):", "    return a + b", "last"]
    assert editor.lines() == ["def ", "last"]
    assert editor.cursor() == (1, 4)


def test_ghost_text_has_its_own_highlight_which_survives_a_colour_scheme(open_file: Open) -> None:
    editor = open_file()
    editor.api.command("colorscheme blue")
    group = editor.lua("return vim.api.nvim_get_hl(0, { name = 'AicopilotGhost' })")
    assert group["link"] == "Comment"


def test_typing_along_a_suggestion_shortens_it_without_a_request_or_a_blink(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("d", {"text": "def add(a, b):", "back": 1})])
    editor = open_file()
    editor.type("id")
    editor.until_ghost("ef add(a, b):")
    editor.screen()
    for typed in range(2, 8):
        editor.type("def add(a, b):"[typed - 1])
        editor.until_ghost("def add(a, b):"[typed:])
    editor.screen()
    assert {frame[0] for frame in editor.frames} == {"def add(a, b):"}
    assert server.asked() == [2]


def test_going_back_along_a_suggestion_lengthens_it(open_file: Open, server: Scripted) -> None:
    server.say([says("d", {"text": "def add", "back": 1})])
    editor = open_file()
    editor.type("id")
    editor.until_ghost("ef add")
    editor.type("ef")
    editor.until_ghost(" add")
    editor.type("<BS>")
    editor.until_ghost("f add")
    assert server.asked() == [2]


def test_a_line_break_typed_along_a_suggestion_keeps_it(open_file: Open, server: Scripted) -> None:
    server.say([says("  a:", {"text": "\n  b = 1\n  c = 2"})])
    editor = open_file()
    editor.type("i  a:")
    editor.until_ghost("\n  b = 1\n  c = 2")
    asked = server.asked()
    editor.type("<CR>")
    editor.until_ghost("b = 1\n  c = 2")
    assert editor.lines() == ["  a:", "  "]
    assert server.asked() == asked


def test_typing_something_else_takes_it_away_and_asks_anew(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("a", {"text": "bc"}), says("ax", {"text": "yz"})])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("x")
    editor.until_ghost("yz")
    assert server.asked() == [2, 2]


def test_typing_along_another_suggestion_shows_that_one(open_file: Open, server: Scripted) -> None:
    server.say([says("re", {"text": "turn"}, {"text": "place"})])
    editor = open_file()
    editor.type("ire")
    editor.until_ghost("turn")
    asked = server.asked()
    editor.type("p")
    editor.until_ghost("lace")
    assert server.asked() == asked


def test_text_that_stays_after_the_cursor_is_not_repeated(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("f(", {"text": "a, b)", "forward": 1})])
    editor = open_file("f) + 1")
    editor.type("a(")
    editor.until_ghost("a, b")
    assert editor.screen()[0] == "f(a, b) + 1"


def test_text_that_goes_is_covered_by_what_replaces_it(open_file: Open, server: Scripted) -> None:
    server.say([says("f(", {"text": "new", "forward": 5})])
    editor = open_file("fold()) + 1")
    editor.type("a(")
    editor.until_ghost("new) + 1   "[:10])
    assert editor.screen()[0] == "f(new) + 1"


def test_the_rest_of_the_line_is_shown_below_where_a_longer_suggestion_moves_it(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("call(", {"text": "\n  one,\n"})])
    editor = open_file("call) + 1\nlast")
    editor.type("f)i(")
    editor.until(lambda: editor.ghost() is not None)
    assert editor.screen()[:4] == ["call(", "  one,", ") + 1", "last"]


def test_tabs_are_as_wide_as_in_the_buffer(open_file: Open, server: Scripted) -> None:
    server.say([says("\tx = ", {"text": "1\t# one\n\ty = 2"})])
    editor = open_file()
    editor.api.command("setlocal noexpandtab tabstop=4 shiftwidth=4")
    editor.type("i\tx = ")
    editor.until_ghost("1   # one\n    y = 2")
    assert editor.screen()[:2] == ["    x = 1   # one", "    y = 2"]
    editor.type("<Tab>")
    editor.until_lines(["\tx = 1\t# one", "\ty = 2"])


def test_an_answer_that_comes_after_more_was_typed_is_not_shown(
    open_file: Open, server: Scripted
) -> None:
    server.say([{"at": "a", "items": [{"text": "bc"}], "deaf": True}])
    editor = open_file()
    editor.type("ia")
    editor.until(server.asked, [2])
    editor.type("b")
    editor.until(server.asked, [2, 2])
    server.release()
    # What is answered has been handled by the time the client has no request open.
    editor.until(lambda: editor.lua("return vim.lsp.get_clients()[1].requests"), [])
    assert editor.ghost() is None


def test_a_request_that_typing_overtakes_is_cancelled(open_file: Open, server: Scripted) -> None:
    server.say([{"at": "a", "items": [], "hold": True}])
    editor = open_file()
    editor.type("ia")
    editor.until(server.asked, [2])
    editor.type("b")
    editor.until(lambda: len(server.received("$/cancelRequest")), 1)


@pytest.mark.parametrize("keys", ["<Esc>", "<C-c>", "<C-o>"])
def test_leaving_insert_mode_takes_it_away_and_cancels(
    open_file: Open, server: Scripted, keys: str
) -> None:
    server.say([says("a", {"text": "bc"}), {"at": "ab", "items": [], "hold": True}])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type(keys)
    editor.until_ghost(None)
    editor.type("<Esc><Esc>Sab")
    editor.until(lambda: len(server.asked()) >= 2)
    editor.type(keys)
    editor.until(lambda: len(server.received("$/cancelRequest")) >= 1)


def test_going_to_another_buffer_takes_it_away(open_file: Open, server: Scripted) -> None:
    server.say([says("a", {"text": "bc"})])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("bc")
    first = editor.api.current.buffer.number
    editor.type("<Cmd>new<CR>")
    editor.until(lambda: editor.api.current.buffer.number != first)
    namespace = "vim.api.nvim_get_namespaces().aicopilot"
    assert (
        editor.lua(f"return vim.api.nvim_buf_get_extmarks(..., {namespace}, 0, -1, {{}})", first)
        == []
    )


def test_moving_the_cursor_takes_it_away_and_does_not_ask(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("ab", {"text": "cd"})])
    editor = open_file()
    editor.type("iab")
    editor.until_ghost("cd")
    asked = len(server.asked())
    editor.type("<Left>")
    editor.until_ghost(None)
    editor.settle()
    assert len(server.asked()) == asked


@pytest.mark.parametrize("keys", ["A", "$a", "ccab", "kjA"])
def test_entering_insert_mode_asks_where_the_cursor_then_is(
    open_file: Open, server: Scripted, keys: str
) -> None:
    server.say([says("ab", {"text": "cd"})])
    editor = open_file("ab")
    editor.type(keys)
    editor.until_ghost("cd")


def test_a_change_elsewhere_makes_it_stale(open_file: Open, server: Scripted) -> None:
    server.say([says("a", {"text": "bc"})])
    editor = open_file("\none\ntwo")
    editor.type("ia")
    editor.until_ghost("bc")
    server.say([])
    editor.lua("vim.api.nvim_buf_set_lines(0, 2, 3, true, { 'TWO' })")
    editor.type("b")
    editor.until_ghost(None)
    assert editor.lines() == ["ab", "one", "TWO"]


@pytest.mark.parametrize("answer", [{"items": []}, {"null": True}])
def test_nothing_to_suggest_shows_nothing(
    open_file: Open, server: Scripted, answer: Answer
) -> None:
    server.say([{**answer, "at": "a"}])
    editor = open_file()
    editor.type("ia")
    editor.until(server.asked, [2])
    editor.settle()
    assert editor.ghost() is None
    assert editor.messages() == ""


def test_an_item_that_does_not_continue_what_is_typed_is_passed_over(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("ab", {"text": "xyz", "back": 2}, {"text": "abc", "back": 2})])
    editor = open_file()
    editor.type("iab")
    editor.until_ghost("c")


def test_it_is_shown_beside_the_popup_menu_and_follows_its_selection(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("co", {"text": "nfetti"}), says("control", {"text": "ler"})])
    editor = open_file("\ncontrol\ncontrast")
    editor.api.command("set completeopt=menuone,noselect")
    editor.type("ico")
    editor.until_ghost("nfetti")
    editor.type("<C-x><C-n>")
    editor.until(editor.api.funcs.pumvisible, 1)
    assert editor.ghost() == "nfetti"
    editor.type("<C-n>")
    editor.until_ghost("ler")
    assert editor.api.funcs.pumvisible() == 1
