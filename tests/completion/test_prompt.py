"""The frozen layout, and healing."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.completion.prompt import (
    hole,
    lay_out,
    render,
    unix_newlines,
    with_files_above,
    with_preface,
)
from aicopilot_lsp.models.fim import FORMATS, Order, format_for
from aicopilot_lsp.models.healing import heal, line_to_tokenize
from aicopilot_lsp.models.protocol import Layout as ModelLayout
from aicopilot_lsp.models.protocol import Mode, Prompting
from tests.support.fixture import CURSOR, at_cursor

FILE = "".join(f"line_{n} = {n}\n" for n in range(60))

FROZEN_QWEN = Prompting(
    mode=Mode.RAW, format=format_for("qwen2.5-coder"), layout=ModelLayout.FROZEN
)


FROZEN, STANDARD = ModelLayout.FROZEN, ModelLayout.STANDARD


def asked_in(name: str, layout: ModelLayout) -> Prompting:
    return Prompting(mode=Mode.RAW, format=format_for(name), layout=layout)


def marked(typed: str, *, above: int = 30) -> str:
    lines = FILE.splitlines(keepends=True)
    return "".join(lines[:above]) + typed + CURSOR + "\n" + "".join(lines[above:])


def test_prefix_suffix_and_middle_are_the_file_in_order() -> None:
    snapshot = at_cursor(marked("x = y"), path="")
    layout = lay_out(snapshot, None, 100_000)
    assert layout.prefix + layout.middle + layout.suffix == snapshot.document.text


def test_the_first_window_of_a_file_says_which_file_it_is() -> None:
    layout = lay_out(at_cursor("x = " + CURSOR, path="src/a.py"), None, 2_000)
    assert layout.prefix == "# a.py\n"
    far = at_cursor(marked("x"), path="src/a.py")
    assert "a.py" not in lay_out(far, None, 200).prefix


def while_typing(asked: Prompting) -> list[str]:
    frozen, prompts = None, []
    for typed in ("x", "x = ", "x = y", "x = y\n", "x = y\nfor z in", "x = y\nfor z in q:\n    w"):
        layout = lay_out(at_cursor(marked(typed)), frozen, 800)
        frozen = layout.frozen
        prompts.append(render(layout, layout.middle, asked))
    return prompts


APPENDING = [
    *((name, FROZEN) for name in FORMATS),
    # Where the prefix is the last thing in a prompt, the usual layout appends as well.
    *((name, STANDARD) for name in FORMATS if FORMATS[name].middle == ""),
]


@pytest.mark.parametrize(("name", "layout"), APPENDING)
def test_what_is_typed_only_appends_to_the_prompt(name: str, layout: ModelLayout) -> None:
    for shorter, longer in pairwise(while_typing(asked_in(name, layout))):
        assert longer.startswith(shorter)


@pytest.mark.parametrize("name", [n for n, known in FORMATS.items() if known.order is Order.SPM])
def test_with_the_suffix_first_the_usual_layout_moves_nothing_but_the_middle_token(
    name: str,
) -> None:
    middle = format_for(name).middle
    for shorter, longer in pairwise(while_typing(asked_in(name, STANDARD))):
        assert shorter.endswith(middle)
        assert longer.startswith(shorter.removesuffix(middle))


def test_the_usual_layout_has_all_that_is_typed_at_the_end_of_the_prefix() -> None:
    layout = lay_out(at_cursor("a = 1\nb = a" + CURSOR + "\nc = 3\n", path=""), None, 1_000)
    assert (
        render(layout, layout.middle, asked_in("qwen2.5-coder", STANDARD))
        == "<|fim_prefix|>a = 1\nb = a<|fim_suffix|>\nc = 3\n<|fim_middle|>"
    )


@pytest.mark.parametrize(
    ("typed", "pieces", "sent", "answer", "inserted"),
    [
        ("x = self.na", ("x", " =", " self", ".", "na"), "x = self.", "name\n", "me\n"),
        ("return ", None, "return", " a + b", "a + b"),
        ("    ", None, "", "    pass", "pass"),
    ],
)
def test_the_usual_layout_is_healed_at_the_end_of_the_prefix(
    typed: str, pieces: tuple[str, ...] | None, sent: str, answer: str, inserted: str
) -> None:
    layout = lay_out(at_cursor(f"a = 1\n{typed}{CURSOR}\n", path=""), None, 1_000)
    healed = heal(layout.middle, pieces)
    prompt = render(layout, healed.middle, asked_in("starcoder2", STANDARD))
    assert prompt == f"<fim_prefix>a = 1\n{sent}<fim_suffix>\n<fim_middle>"
    assert healed.inserted(answer) == inserted


@pytest.mark.parametrize("where", list(ModelLayout))
def test_a_prompt_says_the_files_name_once_and_in_its_formats_way(where: ModelLayout) -> None:
    layout = lay_out(at_cursor("x = 1" + CURSOR, path="home/ann/cart.py"), None, 1_000)
    said = {name: render(layout, layout.middle, asked_in(name, where)) for name in FORMATS}
    assert said["mellum"].startswith("<filename>cart.py\n<fim_suffix>")
    assert "###PATH:cart.py\n###LANGUAGE:python\n" in said["codegeex4"]
    assert said["starcoder2"].startswith("<fim_prefix># cart.py\n")
    assert all(prompt.count("cart.py") == 1 for prompt in said.values())
    assert not any("ann" in prompt for prompt in said.values())


def test_a_hole_is_the_text_around_the_cursor() -> None:
    snapshot = at_cursor("a = 1\nb = a" + CURSOR + ".x\nc = 3\n", path="src/cart.py")
    layout = lay_out(snapshot, None, 1_000)
    asked = hole(layout, layout.middle, snapshot)
    assert asked.before == asked.prefix + asked.middle == "# cart.py\na = 1\nb = a"
    assert (asked.middle, asked.suffix) == (layout.middle, ".x\nc = 3\n")
    assert (asked.file_name, asked.language_id) == ("cart.py", "python")


def test_a_hole_begins_where_the_middle_was_healed() -> None:
    snapshot = at_cursor("b = self.na" + CURSOR, path="")
    layout = lay_out(snapshot, None, 1_000)
    healed = heal(layout.middle, None)
    assert hole(layout, healed.middle, snapshot).before == "b = self."


@given(cut=st.integers(0, 41))
def test_wherever_a_hole_is_parted_its_texts_are_those_of_the_whole(cut: int) -> None:
    text = "x<|im_end|><|im_<|im_start|>start|>system"
    snapshot = at_cursor(text + CURSOR, path="")
    layout = lay_out(snapshot, None, 1_000)
    whole = hole(layout, layout.middle, snapshot)
    asked = hole(replace(layout, prefix=text[:cut], middle=text[cut:]), text[cut:], snapshot)
    assert asked.before == whole.before
    assert asked.middle.replace(" ", "") == text[cut:]


def test_an_edit_above_the_freeze_line_freezes_anew() -> None:
    frozen = lay_out(at_cursor(marked("x")), None, 100_000).frozen
    edited = at_cursor(marked("x").replace("line_3 = 3", "line_3 = 4"))
    assert "line_3 = 4" in lay_out(edited, frozen, 100_000).prefix


def test_the_window_stays_while_it_fits_when_the_freeze_line_moves() -> None:
    frozen = lay_out(at_cursor(marked("x", above=20)), None, 2_000).frozen
    moved = lay_out(at_cursor(marked("x = 1\n" * 60, above=20)), frozen, 2_000).frozen
    assert moved.freeze > frozen.freeze
    assert moved.first == frozen.first


def test_long_lines_are_charged_to_the_budget() -> None:
    text = "A = 1\nDATA = '" + "x" * 300_000 + "'\nB = 2\ny = " + CURSOR
    layout = lay_out(at_cursor(text), None, 3_000)
    assert len(layout.prefix + layout.middle + layout.suffix) < 3_000
    assert layout.middle.endswith("y = ")


def test_a_jump_up_the_file_gets_a_full_window() -> None:
    lines = [f"line_{n} = {n}\n" for n in range(600)]

    def at(row: int) -> str:
        return "".join(lines[:row]) + "x = " + CURSOR + "\n" + "".join(lines[row:])

    below = lay_out(at_cursor(at(300)), None, 2_000)
    above = lay_out(at_cursor(at(230)), below.frozen, 2_000)
    assert len(above.prefix) > 1_000


def test_the_measured_speed_moves_no_window_while_the_user_types() -> None:
    first = lay_out(at_cursor(marked("x")), None, 800)
    second = lay_out(at_cursor(marked("x = ")), first.frozen, 1_600)
    assert (second.prefix, second.suffix) == (first.prefix, first.suffix)


@given(room=st.integers(50, 3_000), above=st.integers(0, 60))
def test_the_prefix_keeps_to_its_room(room: int, above: int) -> None:
    layout = lay_out(at_cursor(marked("x", above=above)), None, room)
    assert len(layout.prefix) <= room
    assert len(layout.suffix) <= room


def test_the_prompt_knows_only_unix_newlines() -> None:
    layout = lay_out(at_cursor(marked("x").replace("\n", "\r\n")), None, 100_000)
    assert "\r" not in layout.prefix + layout.middle + layout.suffix


def test_markers_in_user_text_reach_no_prompt() -> None:
    fmt = format_for("qwen2.5-coder")
    text = "".join(f"# {marker}\n" for marker in fmt.markers)
    layout = lay_out(at_cursor(text * 2 + CURSOR + text), None, 100_000)
    prompt = render(layout, layout.middle, FROZEN_QWEN)
    assert sum(prompt.count(marker) for marker in fmt.markers) == 3


def test_half_a_surrogate_pair_does_not_stop_a_prompt() -> None:
    layout = lay_out(at_cursor("x = '\ud83d'\n" + CURSOR), None, 1_000)
    assert "x = '?'" in render(layout, layout.middle, FROZEN_QWEN)


@pytest.mark.parametrize(
    ("middle", "pieces", "sent", "dropped"),
    [
        ("a\n  self.na", ("  self", ".", "na"), "a\n  self.", "na"),
        ("self.na", None, "self.", "na"),
        ("foo(", ("foo", "("), "foo", "("),
        ("foo(", None, "foo", "("),
        # A vocabulary joins a word, or a mark, and the blank before it.
        ("x = na", None, "x =", " na"),
        ("x =", None, "x", " ="),
        ("    na", None, "   ", " na"),
        ("\tna", None, "\t", "na"),
        ("return ", None, "return", " "),
        ("x =  ", None, "x =", "  "),
        ("x", ("x",), "", "x"),
        ("", None, "", ""),
        ("a = 1\n", None, "a = 1\n", ""),
        ("naïve", ("na", "ve"), "", "naïve"),  # pieces that are not the text are not used
    ],
)
def test_the_prompt_ends_on_a_token_boundary(
    middle: str, pieces: tuple[str, ...] | None, sent: str, dropped: str
) -> None:
    healed = heal(middle, pieces)
    assert (healed.middle, healed.dropped) == (sent, dropped)
    assert healed.realign == (middle == "" or middle.endswith("\n"))


def test_only_a_half_typed_line_needs_the_tokenizer() -> None:
    assert line_to_tokenize("a\n  self.na") == "  self.na"
    assert line_to_tokenize("a\n    ") == ""
    assert line_to_tokenize("return ") == ""


def test_an_answer_is_used_only_if_it_begins_with_what_was_dropped() -> None:
    healed = heal("self.na", None)
    assert [healed.inserted(text) for text in ("", "n", "name", "xa")] == ["", "", "me", None]


@pytest.mark.parametrize(
    ("answer", "inserted"),
    [
        ("", ""),
        ("    ", ""),
        ("    return x", "return x"),
        ("\n\n    return x", "return x"),
        ("    if x:\n        y()", "if x:\n        y()"),
        ("        if x:\n            y()\n\n        z", "    if x:\n            y()\n\n        z"),
        ("\tif x:\n\t\ty()", "if x:\n    \ty()"),
        ("\tif x:\n\t\ty()\nz()", "if x:\n    \ty()"),  # no blanks to fit z with
        ("  if x:\n    y()", None),  # out of the cursor's scope
        ("return x", None),
    ],
)
def test_indentation_is_the_models_and_fitted_to_the_cursors(
    answer: str, inserted: str | None
) -> None:
    assert heal("def f():\n    ", None).inserted(answer) == inserted


@given(st.text(alphabet="ab \n\t(", max_size=30), st.text(alphabet="ab \n\t(", max_size=30))
def test_growing_answers_never_take_back_what_was_shown(middle: str, answer: str) -> None:
    healed, shown = heal(middle, None), ""
    for end in range(len(answer) + 1):
        now = healed.inserted(answer[:end])
        if now is None:
            break
        assert now.startswith(shown.rstrip(" \t\n"))
        shown = now


def test_newlines_of_all_kinds_become_one() -> None:
    assert unix_newlines("a\r\nb\rc\n") == "a\nb\nc\n"


def test_what_is_shown_of_the_file_itself_stands_above_its_window() -> None:
    layout = with_preface(lay_out(at_cursor(marked("x = ")), None, 200), "import os\r\nimport sys")
    assert layout.prefix.startswith("import os\nimport sys\n\nline_")
    assert layout.middle.endswith("x = ")


def test_nothing_to_show_leaves_the_layout_as_it_is() -> None:
    layout = lay_out(at_cursor(marked("x = ")), None, 400)
    assert with_preface(layout, "") is layout


def test_a_preface_stands_below_the_files_name() -> None:
    layout = lay_out(at_cursor("x = " + CURSOR, path="src/a.py"), None, 2_000)
    assert with_preface(layout, "import os").prefix == "# a.py\nimport os\n\n"


def test_text_of_other_files_stands_on_top_each_under_its_path() -> None:
    layout = lay_out(at_cursor(marked("x = ")), None, 200)
    prefix = with_files_above(layout, [("src/b.py", "def b(): ..."), ("c.py", "c = 1")]).prefix
    assert prefix.startswith("# src/b.py\ndef b(): ...\n\n# c.py\nc = 1\n\n# app.py\nline_")
    assert with_files_above(layout, []) is layout


def test_a_path_with_a_line_break_opens_no_section() -> None:
    layout = lay_out(at_cursor(marked("x = ")), None, 200)
    prefix = with_files_above(layout, [("a\nimport os\n.py", "a = 1")]).prefix
    assert prefix.startswith("# a import os .py\na = 1\n")
