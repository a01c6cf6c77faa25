"""What matters at a cursor: names, types and what is around it."""

import pytest

from aicopilot_lsp.text.document import Point
from tests.context.asking import situation_of


def _weight(marked: str, name: str) -> float:
    situation = situation_of(marked)
    return max((near.weight for near in situation.names if near.name == name), default=0.0)


def test_a_name_on_the_cursors_line_counts_most_and_one_far_above_little() -> None:
    far = "\n".join(["def f():", "    early()", *["    pass"] * 30, "    late(‸)"])
    assert _weight(far, "late") == 1.0
    assert 0 < _weight(far, "early") < 0.3


def test_a_name_in_the_enclosing_function_counts_however_far_above() -> None:
    inside = "\n".join(["def f():", "    early()", *["    pass"] * 100, "    late(‸)"])
    outside = "\n".join(["early()", *["pass"] * 100, "late(‸)"])
    assert _weight(inside, "early") > 0
    assert _weight(outside, "early") == 0


def test_names_are_found_in_a_line_that_does_not_parse() -> None:
    assert _weight("def f(:\n    return wanted[(‸", "wanted") == 1.0


@pytest.mark.parametrize(
    ("marked", "kind"),
    [
        ("def f(task: Task):\n    task.‸\n", "Task"),
        ("def f():\n    task = Task()\n    return task.‸\n", "Task"),
        ("class A:\n    def __init__(self, http: Http):\n        self._http = http\n\n"
         "    def f(self):\n        self._http.‸\n", "Http"),
        ("class A(Base):\n    def f(self):\n        self.‸\n", "A"),
        ("def make() -> Task: ...\n\ndef f():\n    make().‸\n", "Task"),
        ("from m import make\n\ndef f():\n    make().‸\n", "make()"),
        ("from m import Method\n\nx = Method.‸\n", "Method"),
        ("def f(manager: Manager):\n    manager.store.open().‸\n", "Manager.store.open()"),
    ],
)  # fmt: skip
def test_the_type_before_the_dot_at_the_cursor_matters_most(marked: str, kind: str) -> None:
    types = situation_of(marked).types
    assert next(iter(types)) == kind
    assert types[kind] == 1.0


def test_types_of_parameters_result_bases_and_attributes_matter() -> None:
    types = situation_of(
        "class Client(Base):\n"
        "    def __init__(self) -> None:\n"
        "        self.http = Http()\n"
        "\n"
        "    def fetch(self, query: Query) -> Answer:\n"
        "        ‸\n"
        "        return answer\n"
    ).types
    assert types["Query"] > types["Base"]
    assert types["Answer"] > types["Base"]
    assert types["Http"] > 0


def test_an_attribute_whose_name_is_being_typed_matters_more_than_the_others() -> None:
    types = situation_of(
        "class Client:\n"
        "    def __init__(self) -> None:\n"
        "        self.http = Http()\n"
        "        self.store = Store()\n"
        "\n"
        "    def fetch(self):\n"
        "        return self.st‸\n"
    ).types
    assert types["Store"] > types["Http"]


def test_variables_of_the_function_around_a_nested_one_matter_too() -> None:
    types = situation_of(
        "def outer(config: Config):\n    def inner():\n        x = 1\n        ‸\n    return inner\n"
    ).types
    assert types["Config"] > 0


def test_a_cursor_outside_of_the_text_is_taken_into_it() -> None:
    situation = situation_of("x = 1‸")
    assert situation.cursor == Point(0, 5)


def test_of_a_line_of_data_no_more_is_looked_at_than_a_line_of_code_has() -> None:
    situation = situation_of("x = 1\n" + "ab." * 20_000 + "‸\n" + "q" * 50_000 + "\n")
    assert all(len(near.receiver) + len(near.name) <= 200 for near in situation.names)
    assert all(len(kind) <= 200 for kind in situation.types)
