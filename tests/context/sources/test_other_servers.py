"""What is made of what the editor's other servers tell."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from aicopilot_lsp.context.sources.other_servers import OtherServers
from aicopilot_lsp.context.types import Place, Question, Size, Snippet, Wanted
from aicopilot_lsp.text.document import DocumentSnapshot
from tests.context.asking import situation_of, text_at
from tests.support.memory_index import index_of

SHELF = (
    "import os\n"
    "\n"
    "class Shelf:\n"
    "    def __init__(self, size: int):\n"
    "        self.size = size\n"
    "    def take(self) -> Item: ...\n"
    "\n"
    "class Item:\n"
    "    def weigh(self) -> float: ...\n"
    "\n"
    "def fill(shelf):\n"
    "    return shelf\n"
    "\n"
    "def make() -> Shelf: ...\n"
)
PATH = "lib/shelf.py"
Told = Mapping[str, Sequence[Place]]


def line_of(text: str) -> int:
    return SHELF[: SHELF.index(text)].count("\n")


def at(text: str) -> list[Place]:
    return [Place(path=PATH, line=line_of(text))]


class Editor:
    """Tells places by the name that is asked about, and counts what it was asked."""

    def __init__(self, told: Told) -> None:
        self.told: Told | None = told
        self.asked: list[list[str]] = []
        self.document: DocumentSnapshot | None = None

    async def __call__(self, questions: Sequence[Question], /) -> Sequence[Sequence[Place]] | None:
        names = [self._name(question) for question in questions]
        self.asked.append(names)
        if self.told is None:
            return None
        return [self.told.get(name, []) for name in names]

    def _name(self, question: Question) -> str:
        assert self.document is not None
        line = self.document.line_text(question.at.line)[question.at.column :]
        name = re.match(r"\w+", line)
        assert name is not None
        return f"{name[0]}:type" if question.wanted is Wanted.TYPE else name[0]


class Session:
    """One source, one editor, and the time of both."""

    def __init__(self, told: Told) -> None:
        self.editor = Editor(told)
        self.now_s = 0.0
        self.files = {PATH: SHELF}
        self._source = OtherServers(lambda: self.now_s)

    async def find(self, marked: str, *, editor: bool = True) -> list[Snippet]:
        situation = situation_of(marked)
        self.editor.document = situation.document
        if editor:
            around = replace(situation.around, where_defined=self.editor)
            situation = replace(situation, around=around)
        found = await self._source.find(
            situation, index_of({**self.files, situation.path: situation.document.text})
        )
        return sorted(found, key=lambda snippet: (-snippet.score, snippet.first))


async def test_a_value_at_the_cursor_is_told_with_what_its_type_has() -> None:
    session = Session({"thing:type": at("class Shelf")})
    (found,) = await session.find("def f(thing):\n    thing.‸\n")
    assert (found.source, found.path, found.score) == ("other-servers", PATH, 0.9)
    assert "    def take(self) -> Item: ..." in text_at(found, Size.SKELETON).splitlines()
    assert found.why == "members of Shelf, which has thing"


async def test_a_member_is_told_with_its_type_and_with_what_it_gives() -> None:
    session = Session({"take": at("    def take")})
    shelf, item = await session.find("def f(thing):\n    thing.take()\n    ‸\n")
    assert "class Shelf" in text_at(shelf, Size.SKELETON)
    assert "def weigh(self) -> float" in text_at(item, Size.SKELETON)
    assert shelf.score > item.score


async def test_a_function_is_told_as_it_is_defined() -> None:
    session = Session({"fill": at("def fill")})
    (found,) = await session.find("from stock import fill\n\nx = fill(‸\n")
    assert text_at(found, Size.WHOLE) == "def fill(shelf):\n    return shelf"
    assert text_at(found, Size.SIGNATURE) == "def fill(shelf): ..."
    assert (found.score, found.why) == (1.0, "defines fill")


async def test_a_function_that_gives_a_type_is_told_with_that() -> None:
    session = Session({"make": at("def make")})
    found = await session.find("from stock import make\n\nx = make().‸\n")
    assert {snippet.why for snippet in found} == {
        "defines make",
        "members of Shelf, which has make",
    }


@pytest.mark.parametrize("place", ["class Shelf", "    def __init__"])
async def test_a_type_under_another_name_is_told_by_its_own(place: str) -> None:
    session = Session({"Rack": at(place)})
    (found,) = await session.find("from stock import Shelf as Rack\n\nRack(‸\n")
    assert (found.first, found.why) == (line_of("class Shelf"), "members of Shelf, which has Rack")


async def test_a_module_is_told_with_what_it_offers() -> None:
    session = Session({"shelf": [Place(path=PATH, line=0)]})
    (found,) = await session.find("from stock import shelf\n\nshelf.‸\n")
    assert found.why == "what shelf offers"
    assert found.renderings[0].names == {"Shelf", "Item", "fill", "make"}


async def test_what_the_index_has_not_got_is_not_shown() -> None:
    nowhere = [Place(path="elsewhere.py", line=0), Place(path=PATH, line=1)]
    session = Session({"fill": nowhere, "thing:type": at("def fill")})
    assert await session.find("from stock import fill\n\nfill(1)\nthing.‸\n") == []


async def test_a_name_with_many_definitions_says_nothing() -> None:
    session = Session({"fill": [Place(path=PATH, line=line) for line in range(2, 8)]})
    assert await session.find("from stock import fill\n\nx = fill(‸\n") == []


async def test_a_definition_in_the_file_itself_is_not_repeated() -> None:
    session = Session({"thing:type": [Place(path="src/app.py", line=0)]})
    assert await session.find("def f(a):\n    thing.‸\n") == []


async def test_another_key_asks_nothing_that_was_asked_before() -> None:
    session = Session({"fill": at("def fill")})
    for typed in ("x = fill(‸", "x = fill(a‸", "x = fill(a, ‸"):
        (found,) = await session.find(f"from stock import fill\n\n{typed}\n")
        assert found.why == "defines fill"
    assert [name for names in session.editor.asked for name in names].count("fill") == 1


async def test_a_few_names_are_asked_about_at_a_time_the_nearest_first() -> None:
    session = Session({})
    names = [f"call_{number}" for number in range(20)]
    defined = "".join(f"def {name}(): ...\n" for name in names)
    session.files = {"lib/a.py": defined, "lib/b.py": defined}
    for _ in range(5):
        await session.find("".join(f"{name}()\n" for name in names) + "‸\n")
    assert [len(names) for names in session.editor.asked] == [8, 8, 4]
    assert session.editor.asked[0][0] == "call_19"


@pytest.mark.parametrize(
    ("places", "expected"), [([], [2, 4, 8, 16, 32, 64]), (at("def fill"), [15, 30, 60])]
)
async def test_a_name_is_asked_about_again_after_a_while_and_later_each_time(
    places: list[Place], expected: list[int]
) -> None:
    session = Session({"fill": places})
    seen = []
    for _ in range(200):
        session.now_s += 1.0
        await session.find("from stock import fill\n\nx = fill(‸\n")
        seen.append(sum("fill" in names for names in session.editor.asked))
    asked_at = [second for second in range(1, 200) if seen[second] > seen[second - 1]]
    gaps = [later - sooner for sooner, later in zip([0, *asked_at], asked_at, strict=False)]
    assert gaps == expected
    session.editor.told = {"fill": at("def make")}
    session.now_s += 600.0
    (found, *_) = await session.find("from stock import fill\n\nx = fill(‸\n")
    assert found.first == line_of("def make")


async def test_what_was_told_outlives_lines_that_move() -> None:
    session = Session({"fill": at("def fill")})
    await session.find("from stock import fill\n\nx = fill(‸\n")
    session.files = {PATH: "# one line\n" * 9 + SHELF}
    (found,) = await session.find("from stock import fill\n\nx = fill(a‸\n")
    assert found.first == line_of("def fill") + 9
    session.files = {PATH: SHELF.replace("def fill", "def stuff")}
    assert await session.find("from stock import fill\n\nx = fill(a‸\n") == []
    assert len(session.editor.asked) == 1


async def test_no_answer_is_not_taken_for_one() -> None:
    session = Session({})
    session.editor.told = None
    assert await session.find("from stock import fill\n\nx = fill(‸\n") == []
    session.editor.told = {"fill": at("def fill")}
    (found,) = await session.find("from stock import fill\n\nx = fill(a‸\n")
    assert found.why == "defines fill"


async def test_an_editor_that_can_not_be_asked_costs_nothing() -> None:
    assert await Session({}).find("from stock import fill\n\nx = fill(‸\n", editor=False) == []


async def test_what_is_known_is_told_while_the_editor_can_not_be_asked() -> None:
    session = Session({"fill": at("def fill")})
    await session.find("from stock import fill\n\nx = fill(‸\n")
    (found,) = await session.find("from stock import fill\n\nx = fill(‸\n", editor=False)
    assert found.why == "defines fill"
