"""Which names near the cursor others are asked about."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from aicopilot_lsp.context.sources.unsure import unsure
from aicopilot_lsp.context.types import Wanted
from tests.context.asking import situation_of
from tests.support.memory_index import index_of

DEFINED, TYPE = Wanted.DEFINITION, Wanted.TYPE
SHELF = "class Shelf:\n    def take(self): ...\n\ndef fill(shelf): ...\n"


async def asked(
    marked: str, others: Mapping[str, str] | None = None, *, path: str = "src/app.py"
) -> dict[str, Wanted]:
    """What is wanted of which names; each question points at its name."""
    situation = situation_of(marked, path=path)
    index = index_of({**(others or {}), path: situation.document.text})
    uses = await unsure(situation, index)
    for use in uses:
        at = use.question.at
        assert situation.document.line_text(at.line)[at.column :].startswith(use.name)
    assert [use.weight for use in uses] == sorted((use.weight for use in uses), reverse=True)
    return {use.name: use.question.wanted for use in uses}


async def test_a_name_that_is_imported_from_a_file_of_the_workspace_is_known() -> None:
    marked = "from src.shelf import fill\n\nfill(1)\n‸\n"
    assert await asked(marked, {"src/shelf.py": SHELF}) == {}


async def test_a_name_that_is_defined_in_one_place_only_is_known() -> None:
    assert await asked("fill(1)\n‸\n", {"src/shelf.py": SHELF}) == {}


async def test_a_name_that_is_defined_in_several_places_is_asked_about() -> None:
    others = {"src/shelf.py": SHELF, "src/basket.py": "def fill(basket): ...\n"}
    assert await asked("fill(1)\n‸\n", others) == {"fill": DEFINED}


async def test_an_import_that_leads_nowhere_in_the_workspace_is_asked_about() -> None:
    found = await asked("from stock.api import fill\n\nfill(1)\n‸\n", {"src/shelf.py": SHELF})
    assert found == {"fill": DEFINED}


async def test_an_import_that_is_not_used_yet_is_asked_about_where_it_stands() -> None:
    assert await asked("from stock.api import (\n    fill,\n)\n\n‸\n") == {"fill": DEFINED}


async def test_the_files_own_definitions_and_members_are_known() -> None:
    marked = (
        "class Own:\n"
        "    def one(self):\n"
        "        self.two()\n"
        "        own()\n"
        "        ‸\n"
        "    def two(self): ...\n"
        "def own(): ...\n"
    )
    assert await asked(marked) == {}


async def test_a_member_of_a_type_that_is_known_is_not_asked_about() -> None:
    marked = "from src.shelf import Shelf\n\ndef f(s: Shelf):\n    s.take()\n    ‸\n"
    assert await asked(marked, {"src/shelf.py": SHELF}) == {}


async def test_a_member_of_an_unknown_type_is_asked_about() -> None:
    found = await asked("def f(things):\n    things.take()\n    ‸\n", {"src/shelf.py": SHELF})
    assert found["take"] is DEFINED


async def test_what_no_file_of_the_workspace_defines_is_not_asked_about() -> None:
    found = await asked("def f(things: list[int]):\n    print(things.pop())\n    ‸\n")
    assert {"print", "pop", "list", "int"}.isdisjoint(found)


async def test_what_an_imported_module_offers_is_known() -> None:
    marked = "from src import shelf\n\nshelf.fill(1)\n‸\n"
    others = {"src/__init__.py": "", "src/shelf.py": SHELF}
    assert "fill" not in await asked(marked, others)


async def test_a_value_of_unknown_type_is_asked_about() -> None:
    marked = "def f(things):\n    for thing in things:\n        print(thing)\n        ‸\n"
    found = await asked(marked)
    assert found["thing"] is TYPE


async def test_a_value_of_a_type_that_is_imported_from_nowhere_is_asked_about() -> None:
    marked = "from stock import Api\n\ndef f(api: Api, count: int):\n    use(api, count)\n    ‸\n"
    found = await asked(marked)
    assert found["api"] is TYPE
    assert "count" not in found


@pytest.mark.parametrize(
    ("line", "name", "wanted"),
    [
        ("thing.‸", "thing", TYPE),
        ("thing.na‸", "thing", TYPE),
        ("outer.thing.na‸", "thing", TYPE),
        ("make(1).‸", "make", DEFINED),
    ],
)
async def test_what_stands_before_the_dot_at_the_cursor_is_asked_about_first(
    line: str, name: str, wanted: Wanted
) -> None:
    situation = situation_of(f"def f(outer, thing):\n    {line}\n")
    first, *others = await unsure(situation, index_of({}))
    assert (first.name, first.question.wanted) == (name, wanted)
    assert "na" not in [use.name for use in others]


@pytest.mark.parametrize("line", ["self.‸", "super().‸", "x = 1.‸", "'.‸"])
async def test_the_object_itself_is_not_asked_about(line: str) -> None:
    assert await asked(f"class Own:\n    def f(self):\n        {line}\n") == {}


async def test_the_name_that_is_being_typed_is_none_yet() -> None:
    assert await asked("fil‸\n") == {}
    assert await asked("fill‸ed\n") == {}


async def test_names_far_from_the_cursor_are_left_alone() -> None:
    assert await asked("far()\n" + "\n" * 60 + "‸\n") == {}


async def test_a_name_means_the_same_within_a_function_and_may_mean_another_in_the_next() -> None:
    index = index_of({"src/shelf.py": SHELF})
    keys = []
    for marked in (
        "def f(x):\n    x.take()\n    ‸\n",
        "import a\ndef f(x):\n    x.take()\n    y = 1; ‸\n",
        "def g(x):\n    x.take()\n    ‸\n",
    ):
        uses = await unsure(situation_of(marked), index)
        keys.append({use.name: use.key for use in uses}["take"])
    assert keys[0] == keys[1] != keys[2]


async def test_an_older_reading_of_the_file_asks_about_no_wrong_place() -> None:
    old = situation_of("fill(1)\nempty(2)\n‸\n")
    new = situation_of("fell(1)\nempty(2)\n‸\n")
    others = dict.fromkeys(("src/a.py", "src/b.py"), "def fill(): ...\ndef empty(): ...\n")
    assert [use.name for use in await unsure(old, index_of(others))] == ["empty", "fill"]
    uses = await unsure(replace(old, document=new.document), index_of(others))
    assert [use.name for use in uses] == ["empty"]


async def test_other_languages_are_asked_about_in_the_same_way() -> None:
    marked = 'import { api } from "@app/api";\n\nexport function f() {\n  api.getUser(1);\n  ‸\n}\n'
    others = {"lib/api.ts": "export class Api { getUser(id: number): User {} }\n"}
    found = await asked(marked, others, path="src/app.ts")
    assert found == {"getUser": DEFINED, "api": DEFINED}
