"""The definitions that a cursor is in."""

from aicopilot_lsp.context.surroundings import surroundings, uses_on
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
    assert [use.name for use in uses_on(references, 1, 2)] == ["two", "three"]
    assert [use.name for use in uses_on(references, 4, 9)] == []
