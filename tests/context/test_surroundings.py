"""The definitions that a cursor is in."""

from aicopilot_lsp.context.surroundings import surroundings, uses_on
from aicopilot_lsp.text.document import Point
from aicopilot_lsp.text.syntax.outline import Reference
from tests.context.asking import situation_of


def test_a_function_without_a_body_yet_is_around_the_cursor_by_its_indentation() -> None:
    situation = situation_of(
        "class A:\n    def f(self, x: X):\n        ‸\n\n    def g(self): ...\n"
    )
    within = surroundings(situation.document, situation.cursor, situation.outline)
    assert within.function is not None
    assert within.function.name == "f"
    assert within.type is not None
    assert within.type.name == "A"


def test_a_finished_function_above_is_not_around_the_cursor() -> None:
    situation = situation_of("def f():\n    return 1\n\n\n‸\n")
    within = surroundings(situation.document, situation.cursor, situation.outline)
    assert within.function is None


def test_of_all_uses_those_on_some_lines_are_taken() -> None:
    references = situation_of("one()\ntwo()\nthree()\nfour()‸\n").outline.references
    assert [use.name for use in uses_on(references, Point(1, 0), 1, 2)] == ["two", "three"]
    assert [use.name for use in uses_on(references, Point(4, 0), 4, 9)] == []


def test_of_very_many_uses_on_a_line_those_around_the_cursor_are_taken() -> None:
    references = tuple(Reference(name=f"f{n}", at=Point(0, 5 * n)) for n in range(100_000))
    uses = uses_on(references, Point(0, 250_000), 0, 20)
    assert len(uses) == 3_000
    assert (uses[0].name, uses[-1].name) == ("f48000", "f50999")
