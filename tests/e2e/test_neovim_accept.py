"""How a suggestion becomes text: whole or in parts, in any encoding, as one step of undo."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Open, Scripted
from tests.support.scripted_lsp import says

pytestmark = pytest.mark.editor


def test_tab_inserts_it_and_puts_the_cursor_at_its_end(open_file: Open, server: Scripted) -> None:
    server.say([says("def ", {"text": "add(a, b):\n    return a + b", "id": "one"})])
    editor = open_file("\nlast")
    editor.type("idef ")
    editor.until_ghost("add(a, b):\n    return a + b")
    editor.type("<Tab>")
    editor.until_lines(["def add(a, b):", "    return a + b", "last"])
    assert editor.cursor() == (2, 16)
    assert editor.ghost() is None
    assert editor.mode() == "i"
    editor.until(server.accepted, ["one"])


def test_keys_typed_ahead_come_after_what_is_accepted(open_file: Open, server: Scripted) -> None:
    server.say([says("a", {"text": "bc"})])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("<Tab>+ d<Esc>Idone ")
    editor.until_lines(["done abc+ d"])


@pytest.mark.parametrize("typed", ["", "b"])
def test_accepting_is_one_step_of_undo(open_file: Open, server: Scripted, typed: str) -> None:
    server.say([says("a", {"text": "bc\nd"})])
    editor = open_file("")
    editor.type("ia")
    editor.until_ghost("bc\nd")
    editor.type(typed + "<Tab>")
    editor.until_lines(["abc", "d"])
    editor.type("<CR>more<Esc>")
    editor.until_lines(["abc", "d", "more"])
    editor.type("u")
    editor.until_lines(["abc", "d"])
    editor.type("u")
    editor.until_lines(["a" + typed])
    editor.type("u")
    editor.until_lines([""])
    editor.type("<C-r><C-r><C-r>")
    editor.until_lines(["abc", "d", "more"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_positions_are_right_beside_emoji_in_every_encoding(
    open_file: Open, server: Scripted, encoding: str
) -> None:
    at = "é😀\tname = 'ä😀"
    server.say([says(at, {"text": "'ä😀𐐀 → ü'", "back": 3, "forward": 2})], encoding)
    editor = open_file("é😀\tname = ''ä + 'ß😀'")
    editor.type("f'aä😀")
    editor.until_ghost("𐐀 → ü' + 'ß😀'")
    assert editor.screen()[0].replace(" ", "") == "é😀name='ä😀𐐀→ü'+'ß😀'"
    editor.type("<Tab>x")
    editor.until_lines(["é😀\tname = 'ä😀𐐀 → ü'x + 'ß😀'"])


def test_a_file_with_crlf_keeps_it(open_file: Open, server: Scripted, tmp_path: Path) -> None:
    server.say([says("😀 a", {"text": " = 1\r\nb = 2\nc"})])
    editor = open_file("first\r\n😀 \r\nlast\r\n", name="dos.txt")
    editor.type("jAa")
    editor.until_ghost(" = 1\nb = 2\nc")
    editor.type("<Tab><Esc>")
    editor.until_lines(["first", "😀 a = 1", "b = 2", "c", "last"])
    editor.api.command("write")
    wanted = "first\r\n😀 a = 1\r\nb = 2\r\nc\r\nlast\r\n"
    assert (tmp_path / "dos.txt").read_bytes().decode() == wanted


def test_an_item_without_a_range_goes_to_the_cursor(open_file: Open, server: Scripted) -> None:
    server.say([says("ab", {"text": "cd", "no_range": True})])
    editor = open_file("ef")
    editor.type("iab")
    editor.until_ghost("cd")
    editor.type("<Tab>")
    editor.until_lines(["abcdef"])


def test_text_after_the_cursor_is_replaced_as_the_range_says(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("f(", {"text": "f(a,\n  b)", "back": 2, "forward": 4})])
    editor = open_file("fold) # kept")
    editor.type("a(")
    editor.until(lambda: editor.ghost() is not None)
    editor.type("<Tab>!")
    editor.until_lines(["f(a,", "  b)! # kept"])


def test_words_are_taken_one_by_one_while_the_rest_stays_shown(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("x", {"text": " = größe_2(a)\n\treturn 😀", "id": "words"})])
    editor = open_file()
    editor.type("ix")
    editor.until(lambda: editor.ghost() is not None)
    whole = "x = größe_2(a)\n\treturn 😀"
    taken = ["x =", " größe_2", "(", "a", ")", "\n\treturn", " 😀"]
    for count in range(1, len(taken)):
        assert server.accepted() == []
        editor.type("<M-Right>")
        editor.until_lines("".join(taken[:count]).split("\n"))
        left = whole[len("".join(taken[:count])) :]
        shown = editor.ghost()
        assert (shown or "").replace("        ", "\t") == left
    editor.type("<M-Right>")
    editor.until(server.accepted, ["words"])
    assert editor.lines() == whole.split("\n")


def test_lines_are_taken_one_by_one(open_file: Open, server: Scripted) -> None:
    server.say([says("if a", {"text": ":\n  b\n  c", "id": "lines"})])
    editor = open_file("\nlast")
    editor.type("iif a")
    editor.until_ghost(":\n  b\n  c")
    for lines, left in (
        (["if a:"], "\n  b\n  c"),
        (["if a:", "  b"], "\n  c"),
        (["if a:", "  b", "  c"], None),
    ):
        editor.type("<M-C-Right>")
        editor.until_lines([*lines, "last"])
        editor.until_ghost(left)
    assert server.asked()[0] == 2
    editor.until(server.accepted, ["lines"])


def test_the_last_part_counts_as_accepting_when_its_end_stands_there_already(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("f(", {"text": "a)", "forward": 1, "id": "closed"})])
    editor = open_file("f)")
    editor.type("a(")
    editor.until_ghost("a")
    editor.type("<M-Right>")
    editor.until(server.accepted, ["closed"])
    assert editor.lines() == ["f(a)"]


def test_it_is_accepted_beside_the_popup_menu(open_file: Open, server: Scripted) -> None:
    server.say([says("co", {"text": "nfetti"})])
    editor = open_file("\ncontrol\ncontrast")
    editor.api.command("set completeopt=menuone,noselect")
    editor.type("ico")
    editor.until_ghost("nfetti")
    editor.type("<C-x><C-n>")
    editor.until(editor.api.funcs.pumvisible, 1)
    editor.type("<Tab>!")
    editor.until_lines(["confetti!", "control", "contrast"])
    assert editor.api.funcs.pumvisible() == 0


@pytest.mark.parametrize("completeopt", ["menuone", "menuone,noselect", "menuone,noinsert"])
def test_it_is_accepted_after_a_choice_in_the_popup_menu(
    open_file: Open, server: Scripted, completeopt: str
) -> None:
    server.say([says("control", {"text": "ler"})])
    editor = open_file("\ncontrast\ncontrol")
    editor.api.command(f"set completeopt={completeopt}")
    editor.type("ico<C-x><C-n>")
    editor.until(editor.api.funcs.pumvisible, 1)
    for _ in range(3):
        if editor.lines()[0] != "control":
            editor.type("<C-n>")
            editor.until(lambda: editor.api.funcs.complete_info(["selected"])["selected"] >= 0)
    editor.until_ghost("ler")
    editor.type("<Tab>!")
    editor.until_lines(["controller!", "contrast", "control"])


def test_a_read_only_buffer_is_served_as_any_other(open_file: Open, server: Scripted) -> None:
    server.say([says("a", {"text": "bc"})])
    editor = open_file()
    editor.api.command("setlocal readonly")
    editor.type("ia")
    editor.until_ghost("bc")
    editor.type("<Tab>")
    editor.until_lines(["abc"])


def test_a_buffer_that_becomes_unmodifiable_is_left_alone(
    open_file: Open, server: Scripted
) -> None:
    server.say([says("a", {"text": "bc"})])
    editor = open_file()
    editor.type("ia")
    editor.until_ghost("bc")
    editor.api.command("setlocal nomodifiable")
    editor.lua("require('aicopilot').accept()")
    editor.type("<Cmd>let g:done = 1<CR>")
    editor.until(lambda: editor.lua("return vim.g.done"), 1)
    assert editor.lines() == ["a"]
    assert "Error" not in editor.messages()
