"""The frozen layout, and healing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicopilot_lsp.completion.prompt import (
    lay_out,
    render,
    unix_newlines,
)
from aicopilot_lsp.models.fim import format_for
from aicopilot_lsp.models.healing import heal, line_to_tokenize
from aicopilot_lsp.models.protocol import Layout as ModelLayout
from aicopilot_lsp.models.protocol import Mode, Prompting
from tests.support.fixture import CURSOR, at_cursor

FILE = "".join(f"line_{n} = {n}\n" for n in range(60))

FROZEN_QWEN = Prompting(
    mode=Mode.RAW, format=format_for("qwen2.5-coder"), layout=ModelLayout.FROZEN
)


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


def test_what_is_typed_only_appends_to_the_prompt() -> None:
    fmt = FROZEN_QWEN
    frozen, prompts = None, []
    for typed in ("x", "x = ", "x = y", "x = y\n", "x = y\nfor z in", "x = y\nfor z in q:\n    w"):
        layout = lay_out(at_cursor(marked(typed)), frozen, 800)
        frozen = layout.frozen
        prompts.append(render(layout, layout.middle, fmt))
    for shorter, longer in pairwise(prompts):
        assert longer.startswith(shorter)


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
